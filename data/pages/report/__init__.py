"""The report of a coordinator: ``training`` writes it to files, ``api`` serves it, both from these templates."""

from data.pages.report.pages import PAGES, in_one_folder, page, sections, sources, values
from data.pages.report.section import Section, Sources
from data.pages.report.words import FOLDER, Words

__all__ = ["FOLDER", "PAGES", "Section", "Sources", "Words", "in_one_folder", "page", "sections", "sources", "values"]
