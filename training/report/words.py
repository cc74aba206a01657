"""The words of the report, where the command line looks for them."""

from data.pages.report.words import FOLDER, Words

__all__ = ["FOLDER", "Words"]
