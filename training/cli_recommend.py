"""The batch export: lists for many learners through the same recipe as the service, as CSV."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from data.columns import ACTIVITY, LEARNER, Column, Table
from data.csvtext import parse_csv
from data.passports import passports_from
from data.tables import Tables
from data.translate import catalogue_from
from recommender.answer import Answer
from recommender.city import UNKNOWN, Catalogue, Int32
from recommender.errors import BadInput
from recommender.passport import NOBODY, POLICIES, Passport, Request
from training.cli_common import (
    CityOption,
    ConfigOption,
    DataOption,
    aside,
    fit_with_bar,
    home,
    progress_bar,
    read_city,
    the_moment,
)
from training.config import Config, load_config

if TYPE_CHECKING:
    from recommender.release import Release

HEADER = (LEARNER, "rank", ACTIVITY, "session_id", "score")
_EVERY = 100


def recommend(
    learners: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV with learner_id; repeats and further columns are ignored.")
    ],
    target: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV to write.")],
    data: DataOption = None,
    city: CityOption = None,
    release: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A release, or a folder of releases. Default: fit on DIR first, or the city's current one.",
        ),
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", min=1, help="How many activities each.")] = 20,
    at: Annotated[
        str | None,
        typer.Option(metavar="ISO", help="Moment of asking, with offset. Default: the city's as_of, else now."),
    ] = None,
    candidates: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV with activity_id: only these are ranked.")
    ] = None,
    include_stamped: Annotated[
        bool, typer.Option("--include-stamped", help="Also what the learner has already been to.")
    ] = False,
    policy: Annotated[
        str, typer.Option(metavar="POLICY", help="relevance: by score alone. served: as the service shows it.")
    ] = "relevance",
    config: ConfigOption = None,
) -> None:
    """Write ranked lists for many learners: learner_id, rank, activity_id, session_id, score.

    A learner without stamps gets the list for their wishes or, without those, the same list as everybody of their age
    and place. They are counted, so that you see for how many the history decided.
    """
    from recommender.recommend import recommend_many

    if policy not in POLICIES:
        raise BadInput(f"--policy: {policy!r} is none of {', '.join(POLICIES)}")
    settings = load_config(config)
    names = read_ids(learners, LEARNER)
    tables = read_city(data, city)
    moment, sentence = the_moment(at, tables)
    note = aside().print
    note(sentence)
    known = tables.before(moment + 1)
    catalogue = catalogue_from(known)
    request = Request(
        at=moment,
        count=count,
        candidates=_rows(candidates, catalogue, note) if candidates else None,
        include_stamped=include_stamped,
        policy=policy,
        explain=False,
    )
    model = _model(release, data, known, settings, note).extended(catalogue)
    answers = recommend_many(passports(known, catalogue, names), catalogue, model, request)
    with progress_bar() as bars:
        task = bars.add_task("Recommending", total=len(names))
        counts = export(target, names, answers, catalogue, lambda done: bars.update(task, completed=done))
    for line in told(counts, target):
        note(line)


def _rows(path: Path, catalogue: Catalogue, note: Callable[[str], None]) -> Int32:
    """Catalogue rows of the candidates; ids that the city does not have are counted and named."""
    ids = read_ids(path, ACTIVITY)
    rows = catalogue.activities.ids.find(ids)
    lost = [name for name, row in zip(ids, rows, strict=True) if row == UNKNOWN]
    if len(lost) == len(ids):
        raise BadInput(f"{path}: none of its {len(ids):,} activity_id exists in this city, such as {lost[0]!r}")
    if lost:
        named = ", ".join(lost[:5]) + (" …" if len(lost) > 5 else "")
        note(f"{path}: {len(lost):,} of {len(ids):,} candidates do not exist in this city and are left out: {named}")
    found: Int32 = rows[rows != UNKNOWN]
    return found


def _model(
    path: Path | None, data: Path | None, known: Tables, settings: Config, note: Callable[[str], None]
) -> Release:
    """The release that is named; else the city's current one, or for a folder a fit on what it holds."""
    from recommender.release import load_release
    from training.publish import find_release

    if path is not None:
        release = load_release(find_release(path))
        if release.manifest["city"] != known.city.id:
            raise BadInput(
                f"--release: {release.name} was trained for city {release.manifest['city']!r}, this is "
                f"{known.city.id!r}; give a release of this city, or none to fit one"
            )
        return release
    current = home().current(known.city.id) if data is None else None
    if current is not None:
        note(f"Release: {current.name}, in service for {known.city.id}.")
        return load_release(current)
    note(f"Release: none given, so one is fitted on {len(known.stamps):,} stamps; --release spares that.")
    return fit_with_bar(known, settings)[0]


def read_ids(path: Path, name: str) -> list[str]:
    """The distinct values of one column of a CSV, in their order.

    Raises
    ------
    BadInput
        When the file cannot be read, has no such column or no value in it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    table = Table(path.stem, (Column(name, "id", name, required=True),), key=(name,))
    parsed = parse_csv(content, table, str(path))
    values = [value.strip() for value in parsed.frame[name].tolist()]
    found = [value for value in dict.fromkeys(values) if value]
    if not found:
        raise BadInput(f"{path}: no {name} in it; write one per line below the header")
    return found


def passports(tables: Tables, catalogue: Catalogue, names: Iterable[str]) -> Iterator[Passport]:
    """Passports in the order of the names; somebody the city has never heard of has an empty one."""
    names = list(names)
    heard = {*tables.passports[LEARNER].tolist(), *tables.stamps[LEARNER].unique().tolist()}
    found = passports_from(tables, catalogue, [name for name in names if name in heard])
    return (next(found)[1] if name in heard else NOBODY for name in names)


def export(
    path: Path,
    names: Iterable[str],
    answers: Iterable[Answer],
    catalogue: Catalogue,
    progress: Callable[[int], None] = lambda done: None,
) -> Counter[str]:
    """Write answers as they come; the file appears when the last one is in.

    Returns
    -------
    Counter
        How many lists rest on ``stamps``, ``wishes`` and ``none``, and how many are ``empty``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    counts: Counter[str] = Counter()
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            counts = _write(file, names, answers, catalogue, progress)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return counts


def _write(
    file: IO[str],
    names: Iterable[str],
    answers: Iterable[Answer],
    catalogue: Catalogue,
    progress: Callable[[int], None],
) -> Counter[str]:
    activities, sessions = catalogue.activities.ids.names, catalogue.sessions.ids
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    counts: Counter[str] = Counter()
    for done, (name, answer) in enumerate(zip(names, answers, strict=True), start=1):
        writer.writerows(
            (name, one.rank, activities[one.activity], sessions[one.session], f"{one.score:.9g}")
            for one in answer.recommendations
        )
        counts[answer.basis] += 1
        counts["empty"] += not answer.recommendations
        if done % _EVERY == 0:
            progress(done)
    progress(counts.total() - counts["empty"])
    return counts


def told(counts: Counter[str], path: Path) -> list[str]:
    """What became of everybody, in plain sentences."""
    total = counts.total() - counts["empty"]
    lines = [f"Wrote {path}: lists for {total:,} learners."]
    lines.append(f"{counts['stamps']:,} rest on stamps, {counts['wishes']:,} on wishes alone.")
    if counts["none"]:
        lines.append(
            f"{counts['none']:,} had neither stamps nor wishes: they got the list without a profile. "
            f"Did you expect a history? Compare their learner_id with the stamps."
        )
    if counts["empty"]:
        lines.append(f"{counts['empty']:,} lists are empty: nothing fits those learners at that moment. Is --at right?")
    return lines
