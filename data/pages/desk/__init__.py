"""The desk's pages: what a city coordinator sees, in the languages of this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.messages import Messages, languages, load
from data.pages import render

FOLDER = Path(__file__).parent
STYLES = ("base.css", "report/report.css", "desk/desk.css")


@dataclass(frozen=True)
class Link:
    """Somewhere to go, and whether that is here."""

    label: str
    address: str
    here: bool = False
    lang: str = ""


@dataclass(frozen=True)
class Frame:
    """What stands around every page of the desk.

    Attributes
    ----------
    lang : str
        Language code.
    city : str
        Its name; ``""`` before a key was entered.
    token : str
        What every form carries.
    pages, tongues : sequence of Link
        Where else to go; the same page in other languages.
    links : mapping of str to str
        Addresses: ``css``, ``home``, ``key``, and ``leave`` where somebody can log out.
    sample : bool
        Whether the city or its learners are invented.
    """

    lang: str
    city: str
    token: str
    links: Mapping[str, str]
    pages: Sequence[Link] = ()
    tongues: Sequence[Link] = ()
    sample: bool = False

    @property
    def words(self) -> Messages:
        """The desk's texts in this language."""
        return words(self.lang)


def words(lang: str, preferred: tuple[str, ...] = ()) -> Messages:
    """The desk's texts in a language, or the nearest one that there is."""
    return load(lang, preferred, FOLDER)


def tongues(address: str, lang: str) -> list[Link]:
    """The same page in each language.

    Parameters
    ----------
    address : str
        With its query, without ``lang``.
    """
    joint = "&" if "?" in address else "?"
    names = {code: str(words(code).table["name"]) for code in languages(FOLDER)}
    return [Link(name, f"{address}{joint}lang={code}", code == lang, code) for code, name in names.items()]


def fill(template: str, frame: Frame, **values: object) -> str:
    """A page of the desk as HTML.

    Parameters
    ----------
    template : str
        Name of a file in this folder.
    """
    messages = frame.words
    return render(f"desk/{template}", frame=frame, lang=messages.lang, t=messages.text, n=messages.count, **values)


def door(frame: Frame, to: str, problem: str = "") -> str:
    """Where a key is entered.

    Parameters
    ----------
    to : str
        The address to go on to.
    problem : str
        Key of the message that says why the door stayed shut, or ``""``.
    """
    return fill("door.html", frame, to=to, problem=problem)


def passing(frame: Frame, to: str) -> str:
    """A page that goes on by itself: a browser that comes from a mail or another site keeps its cookie back until then."""
    return fill("passing.html", frame, to=to)


def trouble(frame: Frame, kind: str, **values: object) -> str:
    """A page that says what went wrong and what to do.

    Parameters
    ----------
    kind : str
        Key in the group ``trouble``.
    """
    return fill("trouble.html", frame, kind=kind, values=values)
