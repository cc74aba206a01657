"""What Spanish notices say in words: for which age, at what price, and whether it is off.

Only explicit words count. Everything else is "not known": a film about a boy of five says nothing about its public.
"""

from __future__ import annotations

import html
import re
import unicodedata

NOT_KNOWN = float("nan")
_TAG = re.compile(r"<[^>]{1,200}>")

_YEARS = r"\s*años"
_SPAN = re.compile(
    rf"(?:\b(?:de|entre|entre los|desde los|edades?:?)\s+|^)(\d{{1,2}})\s*(?:a|y|-|–|a los|hasta los)\s+(\d{{1,2}}){_YEARS}"
)
_MONTHS = re.compile(r"\bde\s+(\d{1,2})\s+(?:meses\s+)?a\s+(\d{1,2})\s*(meses|años)")
_FROM = re.compile(
    rf"(?:\ba partir de(?: los)?|\bmayor(?:es)? de|\bdesde los|edad recomendada:\s*\+)\s*(\d{{1,2}}){_YEARS}"
)
_NOT_BELOW = re.compile(rf"\bno recomendad[ao] (?:para|a) (?:los )?menores de\s*(\d{{1,2}}){_YEARS}")
_UP_TO = re.compile(rf"\b(?:niñ\w+|jóvenes|público)\s+(?:de\s+)?hasta\s+(\d{{1,2}}){_YEARS}")
_OLDEST_START = 21

_EURO = re.compile(r"(\d{1,4}(?:[.,]\d{1,2})?)\s*(?:euros?|€)", re.IGNORECASE)
_FREE = re.compile(r"\b(?:gratuit[ao]s?|gratis|(?:entrada|acceso) libre)\b", re.IGNORECASE)

_OFF = r"(?:cancelad|suspendid|anulad|aplazad)[oa]s?"
_CANCELLED = re.compile(rf"^\W*{_OFF}\b|\b{_OFF}\W*$|[(\[]\s*{_OFF}\s*[)\]]", re.IGNORECASE)
_FULL = re.compile(
    r"\b(?:aforo completo|(?:plazas|entradas|localidades) agotadas|completo)\W*$|^\W*completo\b|\bagotad[oa]s?\W*$",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Plain text: no HTML entities or tags, no runs of white space."""
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    return " ".join(text.split())


def plain(text: str) -> str:
    """Lower case without accents, to look words up: ``Música`` → ``musica``."""
    if text.isascii():
        return text.lower()
    marks = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in marks if not unicodedata.combining(letter))


def ages(*texts: str) -> tuple[float, float]:
    """Youngest and oldest age in years that the first telling text names; NaN where it does not.

    ``De 3 a 5 años`` → (3, 5); ``A partir de 3 años`` → (3, NaN); ``de 9 a 36 meses`` → (0.75, 3).
    """
    for text in texts:
        words = text.lower()
        months = _MONTHS.search(words)
        if months and ("meses" in months[0]):
            low, high = int(months[1]) / 12, int(months[2]) / (12 if months[3] == "meses" else 1)
            if low < high:
                return low, high
        for span in _SPAN.finditer(words):
            low, high = int(span[1]), int(span[2])
            if low < high and low <= _OLDEST_START:
                return low, high
        start = _FROM.search(words) or _NOT_BELOW.search(words)
        end = _UP_TO.search(words)
        if start or end:
            return float(start[1]) if start else NOT_KNOWN, float(end[1]) if end and not start else NOT_KNOWN
    return NOT_KNOWN, NOT_KNOWN


def price(text: str, said_free: bool) -> float:
    """Euros for one person: 0 when free, the amount when one plain amount opens the text, else NaN.

    ``3,50 euros`` → 3.5; ``De 6 a 22 euros`` → NaN: what somebody will pay is not known.
    """
    amounts = _EURO.findall(text)
    if said_free and not amounts:
        return 0.0
    if not amounts:
        return 0.0 if _FREE.search(text) else NOT_KNOWN
    opening = _EURO.match(text)
    if said_free or opening is None or len(amounts) > 1 or "grupo" in text.lower():
        return NOT_KNOWN
    return float(opening[1].replace(",", "."))


def status(title: str) -> str:
    """``cancelled``, ``full`` or ``scheduled``, as a title says at its start or end."""
    if _CANCELLED.search(title):
        return "cancelled"
    return "full" if _FULL.search(title) else "scheduled"
