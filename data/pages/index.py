"""The page for a parent or child: what can be chosen, and five ideas with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np

from data.messages import Messages, fallback_text, languages, load, relax_button, relax_text, step_text, theme_label
from data.messages.values import clock_text, day_text
from data.pages import render
from data.pages.asking import middle_of, outing_days, place_of
from data.pages.cards import card
from data.pages.choices import BACK, LEAVE, MINUTES, WHEN, Choices, can_relax
from data.pages.map import MOST_VENUES, draw
from data.pages.outing import outing
from recommender.answer import Answer
from recommender.city import MODES, UNKNOWN, Catalogue
from recommender.routing.route import Routes

MOST_CHIPS = 12
"""With more themes than this, each family folds under its broader theme."""


@dataclass(frozen=True)
class Option:
    """Something to choose: its value in the form, what people read, and whether it is chosen."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Group:
    """Themes to choose from; in a ``family`` the first is the broader one of the others."""

    family: bool
    options: tuple[Option, ...]

    @property
    def chosen(self) -> bool:
        """Whether any of them is chosen."""
        return any(option.chosen for option in self.options)


def page(
    choices: Choices,
    catalogue: Catalogue,
    answer: Answer,
    *,
    links: Mapping[str, str],
    sample: bool,
    problem: str = "",
    routes: Routes | None = None,
) -> str:
    """The whole page as HTML.

    Parameters
    ----------
    choices : Choices
        What was chosen so far.
    catalogue : Catalogue
        The one the answer was made with.
    answer : Answer
        With up to five recommendations.
    links : mapping of str to str
        Addresses: ``self``, ``css``, ``js``, ``api``, and ``lines`` and ``report`` where there are such pages.
    sample : bool
        True says that the city is a sample.
    problem : str
        A message to show above everything, or ``""``.
    routes : Routes or None
        What was planned, to show instead of the ideas.
    """
    messages = load(choices.lang, catalogue.languages)
    mode = choices.mode or catalogue.default_mode
    cards = [
        card(item, catalogue, messages, at=answer.at, voice=choices.voice, mode=mode, wished=frozenset(choices.themes))
        for item in answer.recommendations
        if routes is None
    ]
    out = None if routes is None else outing(routes, catalogue, messages, voice=choices.voice)
    home = place_of(choices.place, catalogue)
    stops = [(one.place, one.title) for one in cards] if out is None else [(one.place, one.title) for one in out.visits]
    relax = answer.relax
    themes = theme_groups(catalogue, choices, messages.lang)
    first_on_line = {one.station.line: one.number for one in reversed(cards) if one.station}
    return render(
        "index.html",
        t=lambda key, **values: messages.text("page", key, **values),
        m=messages,
        lang=messages.lang,
        tongues=[Option(code, load(code).table["name"], code == messages.lang) for code in languages()],
        city=catalogue.name or catalogue.city,
        choices=choices,
        parent="_parent" if choices.voice == "parent" else "",
        themes=themes,
        fold=sum(len(group.options) for group in themes) > MOST_CHIPS,
        areas=_areas(catalogue, choices),
        venues=_venues(catalogue, choices),
        modes=[
            Option("" if code == catalogue.default_mode else code, messages.text("modes", code), code == mode)
            for code in MODES
            if code in catalogue.travel
        ],
        minutes=_minutes(choices, messages),
        when=[Option(code, messages.text("page", f"when_{code or 'any'}"), code == choices.when) for code in WHEN],
        access=[
            Option(term, _label(messages, "access", term), term in choices.access)
            for term in catalogue.activities.access_terms
        ],
        spoken=_spoken(catalogue, choices, messages),
        stamps=_stamps(catalogue, choices),
        following=catalogue.lines.name[catalogue.lines.ids.row(choices.line)]
        if choices.line in catalogue.lines.ids
        else "",
        cards=cards,
        drawn_lines=set(first_on_line.values()),
        everything=answer.funnel[0].left if answer.funnel else len(cards),
        basis=fallback_text(answer, messages),
        map=draw(catalogue, stops, home if out is None or home else middle_of(catalogue), joined=out is not None),
        outing=out,
        from_middle=home is None,
        days=_days(catalogue, choices, answer.at, messages),
        leaves=_hours(LEAVE, choices.leave, messages),
        backs=_hours(BACK, choices.back, messages),
        relax=relax_text(relax, messages) if relax else "",
        relax_label=relax_button(relax, messages) if relax and can_relax(choices, relax) else "",
        relax_value="" if relax is None else f"relax:{relax.step}:{'' if relax.to is None else f'{relax.to:g}'}",
        funnel=[(step_text(step, messages), step.left, step.not_known) for step in answer.funnel],
        today=_today(catalogue, answer.at, messages) if catalogue.as_of is not None else "",
        links=links,
        sample=sample,
        problem=problem,
    )


def _days(catalogue: Catalogue, choices: Choices, at: int, messages: Messages) -> list[Option]:
    """Days for an outing; none in a city whose activities are always open or that knows no place."""
    if catalogue.sessions.always or middle_of(catalogue) is None:
        return []
    year = datetime.fromtimestamp(at, ZoneInfo(catalogue.time_zone)).year
    days = [datetime.combine(day, time()) for day in outing_days(catalogue, at)]
    return [Option(f"{day:%Y-%m-%d}", day_text(day, messages, year), choices.day == f"{day:%Y-%m-%d}") for day in days]


def _hours(hours: Sequence[int], chosen: int, messages: Messages) -> list[Option]:
    return [Option(str(hour), clock_text(datetime(2000, 1, 1, hour), messages), hour == chosen) for hour in hours]


def theme_groups(catalogue: Catalogue, choices: Choices, lang: str) -> list[Group]:
    """Themes that some activity has, a broad theme with its narrower ones together; loners last, in one group."""
    themes = catalogue.themes
    parent = themes.parent
    used = np.zeros(len(themes.ids), dtype=bool)
    used[np.unique(catalogue.activities.themes.indices)] = True
    root = np.arange(len(themes.ids))
    for _ in range(len(themes.ids)):  # a chain of parents is never longer than this
        above = parent[root]
        if (above == UNKNOWN).all():
            break
        root = np.where(above == UNKNOWN, root, above)
    groups: dict[int, list[int]] = {}
    for theme in range(len(root)):
        if used[root == root[theme]].any() and (used[theme] or theme == root[theme]):
            groups.setdefault(int(root[theme]), []).append(theme)
    ordered = [sorted(group, key=lambda theme: theme != top) for top, group in groups.items()]
    families, loners = [g for g in ordered if len(g) > 1], [g[0] for g in ordered if len(g) == 1]
    chosen = set(choices.themes)
    return [
        Group(
            len(group) > 1 and group is not loners,
            tuple(
                Option(themes.ids.names[theme], theme_label(catalogue, theme, lang), themes.ids.names[theme] in chosen)
                for theme in group
            ),
        )
        for group in (*families, loners)
        if group
    ]


def _located(catalogue: Catalogue) -> np.ndarray:
    return np.flatnonzero(np.isfinite(catalogue.venues.lat) & np.isfinite(catalogue.venues.lon))


def _areas(catalogue: Catalogue, choices: Choices) -> list[Option]:
    names = sorted({catalogue.venues.area[row] for row in _located(catalogue)} - {""})
    return [Option(f"area:{name}", name, choices.place == f"area:{name}") for name in names]


def _venues(catalogue: Catalogue, choices: Choices) -> list[Option]:
    venues = catalogue.venues
    options = [
        Option(f"venue:{venues.ids.names[row]}", venues.name[row] or venues.ids.names[row], False)
        for row in _located(catalogue)[:MOST_VENUES]
    ]
    return sorted(
        (Option(one.value, one.label, one.value == choices.place) for one in options), key=lambda one: one.label
    )


def _minutes(choices: Choices, messages: Messages) -> list[Option]:
    own = set() if choices.minutes is None else {choices.minutes}
    return [Option("", messages.text("page", "minutes_any"), choices.minutes is None)] + [
        Option(f"{value:g}", messages.text("page", "minutes_up_to", minutes=f"{value:g}"), value == choices.minutes)
        for value in sorted({float(value) for value in MINUTES} | own)
    ]


def _label(messages: Messages, group: str, code: str) -> str:
    return messages.text(group, code) if messages.has(group, code) else code.replace("_", " ")


def _spoken(catalogue: Catalogue, choices: Choices, messages: Messages) -> list[Option]:
    codes = sorted(set(catalogue.activities.language) - {""})
    if len(codes) < 2:
        return []
    return [Option(code, _label(messages, "spoken", code), code in choices.spoken) for code in codes]


def _stamps(catalogue: Catalogue, choices: Choices) -> list[Option]:
    ids = catalogue.activities.ids
    return [Option(name, catalogue.activities.title[ids.row(name)], True) for name in choices.done if name in ids]


def _today(catalogue: Catalogue, at: int, messages: Messages) -> str:
    return day_text(datetime.fromtimestamp(at, ZoneInfo(catalogue.time_zone)), messages, year=0)
