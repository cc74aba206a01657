"""Which language to answer in."""

from __future__ import annotations

from functools import cache

from api.problems import at_field
from data.messages import choose, languages


def accepted(header: str) -> list[str]:
    """Languages of an Accept-Language header, the most wanted first; whatever is no language is left out."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        code, _, rest = part.strip().partition(";")
        weight = rest.strip().removeprefix("q=") or "1"
        try:
            quality = float(weight)
        except ValueError:
            continue
        if code and 0 < quality <= 1:
            wanted.append((-quality, place, code.strip()))
    return [code for _, _, code in sorted(wanted)]


def language(asked: str | None, header: str, of_city: tuple[str, ...]) -> str:
    """The language of the texts: as asked, else the first accepted that exists, else the city's own.

    Parameters
    ----------
    asked : str or None
        ``lang`` of the request.
    header : str
        Accept-Language; may be ``""``.
    of_city : tuple of str
        The city's languages.

    Raises
    ------
    Problem
        422 when a language was asked for that there are no texts in.
    """
    known = languages_known()
    for code in [asked] if asked else accepted(header):
        short = code.split("-")[0].lower()
        if short in known:
            return short
    if asked:
        raise at_field("lang", f"there are texts in {', '.join(known)}")
    return choose("", of_city)


@cache
def languages_known() -> tuple[str, ...]:
    """Languages that there are message tables for."""
    return languages()
