"""The first page: the answer in three sentences, each with a link to the page that says why."""

from __future__ import annotations

from dataclasses import dataclass

from data.pages.report.changes import gate_sentences
from data.pages.report.groups import gaps
from data.pages.report.helping import addition_text, gain_text
from data.pages.report.maps import empty_places
from data.pages.report.quality import too_few
from data.pages.report.reach import areas_text, bands_text, desert_sentence, missing, ranked, share_text
from data.pages.report.section import ENGINE, Sources, based_on

MOST_PLACES = 3


@dataclass(frozen=True)
class Answer:
    """One question of a coordinator with its answer.

    Attributes
    ----------
    key, question : str
        Which question.
    mood : str
        ``good``, ``level``, ``bad`` or ``unknown``: the colour of the edge, with a word beside it.
    answer : str
        One sentence.
    more : sequence of str
        What must be known to read it rightly.
    page : str
        The page that says why.
    """

    key: str
    question: str
    mood: str
    answer: str
    more: tuple[str, ...]
    page: str


def answers(of: Sources) -> list[Answer]:
    """The three answers, in the order in which a coordinator asks."""
    return [good(of), reach(of), live(of)]


def good(of: Sources) -> Answer:
    """Is it any good, for whom, compared with what simple thing."""
    words, question = of.words, of.words("answers", "good")
    if not of.measured:
        return Answer("good", question, "unknown", too_few(of), (), "quality")
    results, best = of.results, of.best
    main = results["protocol"]["main"]
    code, own = results["verdict"]["code"], of.cell(ENGINE, main)
    said = words(
        "answers",
        f"good_{code}",
        value=words.percent(own["value"]),
        best=words.model(best),
        best_value=words.percent(of.cell(best, main)["value"]),
    )
    lots = of.cell("random", main)
    more = [words("answers", "basis", basis=based_on(own, words, words.percent))]
    if lots["value"] is not None:
        more.append(
            words(
                "answers",
                "lots",
                value=words.percent(lots["value"]),
                candidates=words.count(results["protocol"]["candidates"]),
            )
        )
    more.append(for_whom(of))
    mood = {"better": "good", "worse": "bad"}.get(code, "level")
    return Answer("good", question, mood, said, tuple(line for line in more if line), "quality")


def for_whom(of: Sources) -> str:
    """For whom it works less well, or that no such group can be seen."""
    words, found = of.words, gaps(of)
    if not found:
        return words("answers", "whom_unknown")
    alarms = [gap for gap in found if gap["alarm"]]
    if not alarms:
        return words("answers", "whom_none")
    named = [f"{gap['worst']} ({words('dimensions', gap['kind']).lower()})" for gap in alarms]
    sizes = sorted(gap["gap"] for gap in alarms)
    return words(
        "answers",
        "whom_alarm" if len(alarms) == 1 else "whom_alarms",
        groups=words.series(named),
        least=words.points(sizes[0]).lstrip("+"),
        most=words.points(sizes[-1]).lstrip("+"),
    )


def reach(of: Sources) -> Answer:
    """Which children have nothing within reach."""
    words, question = of.words, of.words("answers", "reach")
    if why := missing(of):
        return Answer("reach", question, "unknown", why, (), "reach")
    children = [desert for desert in ranked(of) if desert["band"][1] < 18] or ranked(of)
    everybody = of.opportunity["reach"]["all"]
    supply, asked = share_text(everybody["supply"], words)[0], of.opportunity["asked"]
    more = [
        words(
            "answers",
            "reach_all",
            share=supply,
            enough=asked["enough"],
            minutes=f"{asked['minutes']:g}",
            mode=words("modes", asked["mode"]),
        )
    ]
    if not children:
        return Answer("reach", question, "level", more[0], (), "reach")
    first, empty = children[0], empty_places(of)
    said = desert_sentence(first, of)
    if empty:
        more.insert(0, said)
        shown = [
            words("answers", "empty_place", area=areas_text([area], words), age=bands_text(bands, words))
            for area, bands in empty[:MOST_PLACES]
        ]
        key = "reach_empty" if len(empty) <= MOST_PLACES else "reach_empty_more"
        said = words("answers", key, places=words.series(shown), more=len(empty) - MOST_PLACES)
    short = empty or not first["activities"] or first["activities"]["median"] < asked["enough"]
    suggestion = first.get("suggestion")
    if suggestion:
        more.append(
            words(
                "answers",
                "helps",
                addition=addition_text(suggestion["addition"], of),
                gain=gain_text(suggestion["gain"], of),
            )
        )
    return Answer("reach", question, "bad" if short else "good", said, tuple(more), "reach")


def live(of: Sources) -> Answer:
    """May the new model go live."""
    words, question, found = of.words, of.words("answers", "live"), of.results.get("gate") or {}
    if not found.get("checks"):
        return Answer("live", question, "unknown", words("answers", "live_unknown"), (), "changes")
    said = gate_sentences(of)
    unmeasured = sum(check["passed"] is None for check in found["checks"])
    more = [words("answers", "unmeasured", n=unmeasured)] if unmeasured else []
    key = "live_yes" if found.get("open") else "live_no"
    return Answer(
        "live",
        question,
        "good" if found.get("open") else "bad",
        words("answers", key),
        (*[line for line in said if line], *more),
        "changes",
    )
