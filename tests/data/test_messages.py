"""Every language says everything, in short sentences."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.messages import FOLDER, MAX_WORDS, choose, languages, load, reason_text, relax_text, step_text, theme_label
from data.messages.sentences import VOICES, fitted, relax_button, shorten
from data.messages.tables import placeholders
from recommender.answer import FALLBACKS, SLOTS, Reason, Relaxation, Step
from recommender.city import DOMAINS, MODES, Catalogue
from recommender.errors import UnknownName

CODES = (
    "like_stamp",
    "together_with",
    "wish",
    "theme",
    "popular",
    "next_station",
    "near",
    "known_venue",
    "free",
    "soon",
)
STEPS = (
    "open in window",
    "not done yet",
    "not for me",
    "age",
    "company",
    "language",
    "price",
    "access",
    "themes",
    "domains",
    "line",
    "travel",
    "avoid",
)
LONG = "Een heel bijzondere en ontzettend lange titel van een activiteit waarin alles al staat wat je gaat doen " * 3


def leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{key}/")
        else:
            yield f"{path}{key}", value


@pytest.fixture
def long_titles(tiny_catalogue: Catalogue) -> Catalogue:
    activities, themes, lines = tiny_catalogue.activities, tiny_catalogue.themes, tiny_catalogue.lines
    return replace(
        tiny_catalogue,
        activities=replace(activities, title=(LONG,) * len(activities)),
        themes=replace(themes, labels={"nl": (LONG,) * len(themes.ids), "en": (LONG,) * len(themes.ids)}),
        lines=replace(lines, name=(LONG,) * len(lines.ids)),
    )


def test_dutch_and_english_are_shipped() -> None:
    assert {"nl", "en"} <= set(languages())


@pytest.mark.parametrize("lang", languages())
def test_every_language_has_the_same_sentences_with_the_same_placeholders(lang: str) -> None:
    here, there = dict(leaves(load(lang).table)), dict(leaves(load("en").table))
    assert here.keys() == there.keys()
    for key in here:
        mine, theirs = here[key], there[key]
        if isinstance(mine, list):
            assert len(mine) == len(theirs), key
        else:
            mine, theirs = [mine], [theirs]
        for one, other in zip(mine, theirs, strict=True):
            assert placeholders(one) == placeholders(other), key
            assert one.strip() == one != "", key


@pytest.mark.parametrize("lang", languages())
def test_every_code_of_the_engine_has_words(lang: str) -> None:
    messages = load(lang)
    for voice in VOICES:
        assert set(messages.table["reasons"][voice]) == set(CODES)
    for group in ("condition", "button"):
        assert set(messages.table["relax"][group]) == set(STEPS)
    assert set(messages.table["steps"]) == set(STEPS)
    assert set(messages.table["fallback"]) == set(FALLBACKS)
    assert set(messages.table["slots"]) == set(messages.table["slot_help"]) == set(SLOTS)
    assert set(messages.table["modes"]) == set(MODES)
    assert set(DOMAINS) < set(messages.table["domains"])
    assert {"age", "price", "language", "place"} <= set(messages.table["not_known"])


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("code", CODES)
def test_a_reason_has_fifteen_words_at_most_whatever_the_titles(
    long_titles: Catalogue, code: str, voice: str, lang: str
) -> None:
    full = Reason(code, activity=0, theme=0, line=0, minutes=12.4, gain=1.0)
    for reason in (full, Reason(code)):
        text = reason_text(reason, long_titles, lang, voice)
        assert 2 <= len(text.split()) <= MAX_WORDS, text
        assert len(text) <= 120, text
        assert "{" not in text


@pytest.mark.parametrize("lang", languages())
def test_the_last_variant_of_a_reason_needs_nothing(lang: str) -> None:
    for voice in VOICES:
        for code, variants in load(lang).table["reasons"][voice].items():
            assert placeholders(variants[-1]) == frozenset(), code


def test_reasons_name_what_they_speak_of(tiny_catalogue: Catalogue) -> None:
    activity = tiny_catalogue.activities.ids.row("birds")
    theme = tiny_catalogue.themes.ids.row("space")
    assert reason_text(Reason("like_stamp", activity), tiny_catalogue, "nl") == "Omdat je bij ‘Vogels spotten’ was"
    assert (
        reason_text(Reason("like_stamp", activity), tiny_catalogue, "nl", "parent")
        == "Omdat je kind bij ‘Vogels spotten’ was"
    )
    assert (
        reason_text(Reason("together_with", activity), tiny_catalogue, "en")
        == "Learners who went to ‘Vogels spotten’ also went here"
    )
    assert reason_text(Reason("wish", theme=theme), tiny_catalogue, "nl") == "Omdat je ‘Ruimte’ koos"
    assert reason_text(Reason("wish", theme=theme), tiny_catalogue, "en") == "Because you chose ‘Space’"
    assert reason_text(Reason("near", minutes=8.2), tiny_catalogue, "nl") == "Niet ver: 9 minuten reizen"
    assert reason_text(Reason("near", minutes=0.7), tiny_catalogue, "nl") == "Het is dicht bij jou"
    assert (
        reason_text(Reason("next_station", line=0), tiny_catalogue, "nl") == "De volgende halte op de lijn ‘Robotlijn’"
    )


def test_braces_in_a_title_are_letters_like_any_other(tiny_catalogue: Catalogue) -> None:
    activities = tiny_catalogue.activities
    city = replace(tiny_catalogue, activities=replace(activities, title=("{0} en {lang!r}",) * len(activities)))
    assert reason_text(Reason("like_stamp", 0), city, "nl") == "Omdat je bij ‘{0} en {lang!r}’ was"


def test_an_unknown_code_is_named() -> None:
    with pytest.raises(UnknownName, match="sunshine"):
        load("nl").text("reasons.child", "sunshine")


def test_relaxing_names_the_wish_and_the_gain() -> None:
    nl, en = load("nl"), load("en")
    travel = Relaxation("travel", 45.0, 17)
    assert relax_text(travel, nl) == "Als je 45 minuten wilt reizen, zie je 17 activiteiten meer."
    assert relax_text(travel, en) == "If you can travel 45 minutes, you will see 17 more activities."
    assert relax_text(Relaxation("travel", None, 1), nl) == "Als je verder wilt reizen, zie je 1 activiteit meer."
    assert relax_button(travel, nl) == "Kijk tot 45 minuten reizen"


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_be_said_and_relaxed(step: str, lang: str) -> None:
    messages = load(lang)
    assert step_text(Step(step, 3), messages)
    for to in (None, 45.0):
        assert len(relax_text(Relaxation(step, to, 2), messages).split()) <= MAX_WORDS + 5
        assert relax_button(Relaxation(step, to, 2), messages)


def test_a_language_is_a_file(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.toml"):
        shutil.copy(path, tmp_path)
    french = (tmp_path / "en.toml").read_text("utf-8").replace("It is free", "C’est gratuit")
    (tmp_path / "fr.toml").write_text(french, "utf-8")
    assert languages(tmp_path) == tuple(sorted({*languages(), "fr"}))
    assert load("fr-BE", (), tmp_path).text("reasons.child", "free") == "C’est gratuit"


@pytest.mark.parametrize(
    ("lang", "preferred", "expected"),
    [
        ("nl", (), "nl"),
        ("NL-be", (), "nl"),
        ("en_GB", ("nl",), "en"),
        ("xx", ("nl", "en"), "nl"),
        ("xx", ("es", "nl"), "nl"),
        ("xx", ("es",), "en"),
        ("", (), "en"),
        ("../nl", (), "en"),
    ],
)
def test_the_nearest_language_answers(lang: str, preferred: tuple[str, ...], expected: str) -> None:
    assert choose(lang, preferred) == expected


def test_a_theme_is_named_in_the_nearest_language(tiny_catalogue: Catalogue) -> None:
    themes = tiny_catalogue.themes
    no_english = replace(
        tiny_catalogue, themes=replace(themes, labels={**themes.labels, "en": ("",) * len(themes.ids)})
    )
    no_names = replace(tiny_catalogue, themes=replace(themes, labels={}))
    row = themes.ids.row("space")
    assert theme_label(tiny_catalogue, row, "en") == "Space"
    assert theme_label(no_english, row, "en") == "Ruimte"
    assert theme_label(no_names, row, "en") == "space"


def test_shortening_says_that_something_is_missing() -> None:
    assert shorten("Sterren kijken", 5) == "Sterren kijken"
    assert shorten("Een hele lange middag, sterren kijken", 4) == "Een hele lange middag…"
    assert shorten("x" * 90, 5) == "x" * 60 + "…"
    assert shorten("kort " * 3, 2) == "kort kort…"


def test_names_share_the_words_that_a_sentence_leaves() -> None:
    text = fitted("Na {a} komt {b}", {"a": LONG, "b": LONG})
    assert len(text.split()) <= MAX_WORDS
    assert text.count("…") == 2
