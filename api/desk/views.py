"""From what was found to a page: the first page, where least is, and the report."""

from __future__ import annotations

from datetime import datetime

from api.desk.door import START
from api.desk.scene import CARDS, PAGES, Scene
from data.pages.desk import Link, fill
from data.pages.desk.choice import FIELDS, band_value
from data.pages.desk.least import leads, places
from data.pages.repair import page as repairs
from data.pages.report import Section, Words, sections, sources, values

BELOW = ("map", "ages", "gap")
"""The charts of the report that stand below the answer to where least is."""


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


def least(scene: Scene, charts: list[Section]) -> str:
    """Where least is, and what would help most.

    Parameters
    ----------
    charts : list of Section
        What ``drawn`` made of the same scene.
    """
    say, choice, opportunity = scene.say, scene.choice, scene.figures.opportunity
    band = next((one for one in say.asked["bands"] if band_value(one) == choice.age), None)
    return fill(
        "least.html",
        scene.frame,
        title=say.messages.text("least", "title_band" if band else "title", band=say.group(band) if band else ""),
        view=scene,
        places=places(opportunity or {}, say, choice, PAGES["what-if"]),
        missing=say.messages.text("least", "missing" if opportunity else "missing_file"),
        enough=say.asked["enough"],
        counts=counts(scene),
        charts=charts,
        words=Words(scene.frame.lang),
    )


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


def drawn(scene: Scene, name: str, only: tuple[str, ...] = ()) -> list[Section]:
    """The charts of a page of the report, for the choice of the scene; takes a moment.

    Parameters
    ----------
    only : tuple of str
        Keys of the charts that are wanted; ``()`` for all.
    """
    figures, choice = scene.figures, scene.choice
    chosen = {"area": choice.area, "band": choice.age, "theme": choice.theme, "release": choice.release}
    found = sections(name, figures.results, figures.opportunity, scene.frame.lang, facts=figures.facts, **chosen)
    return [one for one in found if not only or one.key in only]


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
