"""Which of the media types on offer a caller wants, by RFC 9110 (proactive negotiation)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.problems import Problem

_MOST = 2000


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Media ranges of an Accept header with their weights; whatever is none is left out."""
    for part in header[:_MOST].lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        kind, slash, subtype = media.partition("/")
        if not (kind and slash and subtype) or (kind == "*" and subtype != "*"):
            continue
        weight = next((value for name, _, value in (p.partition("=") for p in parameters) if name.strip() == "q"), "1")
        try:
            quality = float(weight)
        except ValueError:
            continue
        if 0 <= quality <= 1:
            yield media, quality


def chosen(header: str, offers: Sequence[str]) -> str:
    """The media type to answer in.

    Parameters
    ----------
    header : str
        Accept; one that names no media type at all takes anything.
    offers : sequence of str
        What there is, the most usual first: it wins where two are wanted alike.

    Raises
    ------
    Problem
        406 when nothing on offer is wanted.
    """
    wanted = list(_ranges(header))
    if not wanted:
        return offers[0]

    def quality(offer: str) -> float:
        # The most specific range that fits decides: text/calendar before text/* before */*.
        for fitting in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
            weights = [weight for media, weight in wanted if media == fitting]
            if weights:
                return max(weights)
        return 0.0

    best = max(offers, key=quality)
    if quality(best) <= 0:
        raise Problem(406, f"This address answers in {' or '.join(offers)}; name one of them in the Accept header.")
    return best
