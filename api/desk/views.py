"""From what was found to a page: the first page, where least is, and the report."""

from __future__ import annotations

from datetime import datetime

from api.desk.door import START
from api.desk.scene import CARDS, PAGES, Scene
from data.pages.desk import Link, fill
from data.pages.desk.choice import FIELDS, band_value
from data.pages.desk.least import leads, places
from data.pages.desk.say import Part
from data.pages.repair import page as repairs
from data.pages.report import Section, sections, sources, values
from recommender.insight.insight import Insight
from recommender.insight.plain import plain_desert


def start(scene: Scene) -> str:
    """The first page."""
    say, text = scene.say, scene.say.messages.text
    desert = leads(scene.figures.opportunity or {})
    lead, first = text("start", "lead_none"), ""
    if desert is not None:
        lead = text("start", "lead", area=say.area(desert["area"]), band=say.group(desert["band"]))
        first = scene.link("least", scene.choice.but(age=band_value(desert["band"]), area=""))
    ages = [Link(one.label, scene.link("least", scene.choice.but(age=one.value))) for one in scene.offer.age]
    everyone = Link(text("start", "everyone"), scene.link("least", scene.choice.but(age="")))
    cards = [Link(name, scene.link(page)) for page, name in CARDS.items() if page in scene.pages]
    return fill("start.html", scene.frame, lead=lead, first=first, ages=[everyone, *ages], cards=cards)


def least(scene: Scene, opportunity: Part | None) -> str:
    """Where least is, and what would help most.

    Parameters
    ----------
    opportunity : mapping or None
        As on file, or the part of it that was worked out just now.
    """
    say, choice, on_file = scene.say, scene.choice, scene.figures.opportunity is not None
    band = next((one for one in say.asked["bands"] if band_value(one) == choice.age), None)
    return fill(
        "least.html",
        scene.frame,
        title=say.messages.text("least", "title_band" if band else "title", band=say.group(band) if band else ""),
        view=scene,
        places=places(opportunity or {}, say, choice, PAGES["what-if"]),
        missing=say.messages.text("least", "missing"),
        no_help=say.messages.text("least", "no_help" if on_file else "no_help_file"),
        enough=say.asked["enough"],
        counts=counts(scene),
        theme=scene.offer.label("theme", choice.theme),
        map=f"{PAGES['report']}/reach{choice.query()}",
        what_if=scene.link("what-if"),
    )


def least_now(insight: Insight) -> Part:
    """Where least is, worked out just now: what a city has that was not evaluated yet. What would help takes longer."""
    deserts = insight.deserts()
    return {"deserts": [plain_desert(one, rank, None, insight) for rank, one in enumerate(deserts, start=1)]}


def counts(scene: Scene) -> str:
    """What counts as within reach, in one sentence."""
    asked, say = scene.say.asked, scene.say
    return say.messages.text(
        "least",
        "counts",
        minutes=f"{asked['minutes']:g}",
        weeks=asked["weeks"],
        mode=say.common.text("modes", asked["mode"]),
        day=say.figures.day(_moment(scene), scene.live.catalogue.time_zone),
    )


def _moment(scene: Scene) -> str:
    at = scene.say.asked.get("at")
    return str(at) if at else datetime.fromtimestamp(scene.at, scene.live.zone).isoformat()


def drawn(scene: Scene, name: str) -> list[Section]:
    """The charts of a page of the report, for the choice of the scene; takes a moment."""
    figures, choice = scene.figures, scene.choice
    chosen = {"area": choice.area, "band": choice.age, "theme": choice.theme, "release": choice.release}
    return sections(name, figures.results, figures.opportunity, scene.frame.lang, facts=figures.facts, **chosen)


def report(scene: Scene, name: str, found: list[Section]) -> str:
    """A page of the report.

    Parameters
    ----------
    found : list of Section
        What ``drawn`` made of the same scene.
    """
    figures, choice, lang = scene.figures, scene.choice, scene.frame.lang
    chosen = {"area": choice.area, "band": choice.age, "theme": choice.theme, "release": choice.release}
    of = sources(figures.results, figures.opportunity, lang, figures.facts, **chosen)
    shown = values(name, of, links=lambda page, _: f"{PAGES['report']}/{page}{choice.query()}", found=found)
    shown["narrowed"] = [
        f"{scene.say.messages.text('choose', field)}: {scene.offer.label(field, getattr(choice, field))}"
        for field in FIELDS
        if getattr(choice, field)
    ]
    measured = (figures.opportunity or {}).get("release") or ""
    return fill(
        "report.html",
        scene.frame,
        view=scene,
        other=bool(choice.release and measured and measured != choice.release),
        **shown,
    )


def unknown(scene: Scene) -> str:
    """A choice that the city does not have, with what it does have."""
    return fill("unknown.html", scene.frame, view=scene)


def repair(scene: Scene) -> str:
    """The list of what to mend in the data."""
    here = scene.choice.but(lang="")
    return repairs(
        scene.figures.repair or {},
        scene.frame.lang,
        links=lambda lang: PAGES["repair"] + here.but(lang=lang).query(),
        csv=f"{PAGES['repair']}.csv",
        back=START + scene.choice.query(),
    )
