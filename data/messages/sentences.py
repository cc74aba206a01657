"""What the engine says, in words: reasons, steps of the funnel, what to relax."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from math import ceil

from data.messages.tables import Messages, load, placeholders
from recommender.answer import Answer, Reason, Relaxation, Step
from recommender.city import UNKNOWN, Catalogue

MAX_WORDS = 15
MAX_LETTERS = 60
VOICES = ("child", "parent")


def reason_text(reason: Reason, catalogue: Catalogue, lang: str, voice: str = "child") -> str:
    """A reason as one short sentence, at most ``MAX_WORDS`` words whatever the titles.

    Parameters
    ----------
    reason : Reason
        What it speaks of may be None: then a sentence that names nothing is used.
    catalogue : Catalogue
        Where the titles and names are.
    lang : str
        Falls back to the city's first language that exists, else to English.
    voice : str
        ``"child"`` speaks to the learner, of any age; ``"parent"`` speaks about their child.

    Raises
    ------
    UnknownName
        When the message tables have no such code.
    """
    messages = load(lang, catalogue.languages)
    values: dict[str, str] = {}
    if reason.activity is not None:
        values["activity"] = catalogue.activities.title[reason.activity]
    if reason.theme is not None:
        values["theme"] = theme_label(catalogue, reason.theme, messages.lang)
    if reason.line is not None:
        values["line"] = catalogue.lines.name[reason.line]
    if reason.minutes is not None and reason.minutes > 1:  # "1 minutes" is no language, and round the corner is close
        values["minutes"] = str(ceil(reason.minutes))
    return fitted(reason_sentence(messages, reason.code, tuple(values), voice), values)


@lru_cache(maxsize=1024)
def reason_sentence(messages: Messages, code: str, values: tuple[str, ...], voice: str = "child") -> str:
    """The first sentence for a reason of which every placeholder has a value.

    Raises
    ------
    UnknownName
        When the message tables have no such code.
    """
    variants: list[str] = messages.entry(f"reasons.{voice}", code)
    return next(sentence for sentence in variants if placeholders(sentence) <= set(values))


def step_text(step: Step, messages: Messages) -> str:
    """A step of the funnel as a short phrase."""
    return _step_words(messages, step.step)


@lru_cache(maxsize=1024)
def _step_words(messages: Messages, step: str) -> str:
    return messages.text("steps", step)


def fallback_text(answer: Answer, messages: Messages) -> str:
    """What the list was made with, as one sentence."""
    return messages.text("fallback", answer.fallback)


def relax_text(relax: Relaxation, messages: Messages) -> str:
    """What to relax and what it brings: "Als je 45 minuten wilt reizen, zie je 17 activiteiten meer."."""
    return messages.text(
        "relax",
        "sentence",
        condition=messages.text("relax.condition", relax.step, **_to(relax)),
        gain=messages.count("relax", "gain", relax.gains),
    )


def relax_button(relax: Relaxation, messages: Messages) -> str:
    """The text of the button that relaxes."""
    return messages.text("relax.button", relax.step, **_to(relax))


def _to(relax: Relaxation) -> dict[str, object]:
    return {} if relax.to is None else {"to": f"{relax.to:g}"}


def theme_label(catalogue: Catalogue, theme: int, lang: str) -> str:
    """A theme's name in a language, else in one of the city's languages, else in any, else its id."""
    labels = catalogue.themes.labels
    for code in (lang, *catalogue.languages, *labels):
        if code in labels and labels[code][theme]:
            return labels[code][theme]
    return catalogue.themes.ids.names[theme] if theme != UNKNOWN else ""


@lru_cache(maxsize=4096)
def shorten(text: str, words: int, letters: int = MAX_LETTERS) -> str:
    """The start of a text, ending in ``…`` when something was left out.

    Parameters
    ----------
    text : str
        Any text; runs of white space become one space.
    words, letters : int
        The most that may stay, the ``…`` included in neither.
    """
    every = text.split()
    kept = " ".join(every[: max(words, 1)])
    if len(kept) > letters:
        cut = kept[: letters + 1].rpartition(" ")[0]
        kept = cut or kept[:letters]
    return kept if kept == " ".join(every) else kept.rstrip(",;:.–- ") + "…"


def fitted(sentence: str, values: Mapping[str, str]) -> str:
    """A sentence filled with names, which share the words that the sentence itself leaves."""
    names, each = placeholders(sentence), words_for_each(sentence)
    return sentence.format(**{name: shorten(values[name], each) for name in names}) if names else sentence.format()


@cache
def words_for_each(sentence: str) -> int:
    """How many words each name may take in a sentence, so that it has at most ``MAX_WORDS``."""
    names = placeholders(sentence)
    own = len(sentence.format(**dict.fromkeys(names, "x")).split()) - len(names)
    return (MAX_WORDS - own) // max(len(names), 1)
