"""The desk: what a coordinator sees of the city, and works out."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from api.desk import answers, trying, views
from api.desk.answers import form_of
from api.desk.door import START
from api.desk.room import desk_of
from api.desk.scene import PAGES, Scene, scene_of
from api.desk.troubles import PageRoute
from api.problems import NotThere
from api.service import live_of, service_of
from data.pages.desk import what_if
from data.pages.report import PAGES as REPORTS

router = APIRouter(include_in_schema=False, route_class=PageRoute)
CHOOSING = ("least", "wheel", "report")


@router.get(START)
async def first(request: Request) -> Response:
    """The first page: who has least, and where to go from there."""
    scene = await scene_of(request, request.query_params)
    if "text/html" in request.headers.get("accept", ""):  # somebody is about to read on
        desk_of(request).get_ready(scene.live, scene.figures)
    return _page(request, scene, views.start(scene))


@router.get(PAGES["least"])
async def least(request: Request) -> Response:
    """Where is least to choose from, and what would help most."""
    scene = await scene_of(request, request.query_params, "least")
    if scene.wrong:
        return _unknown(request, scene)
    opportunity = scene.figures.opportunity
    if opportunity is None:
        desk = desk_of(request)
        name, insight = await desk.insight(scene.live, scene.choice.release, scene.figures)
        opportunity = await desk.answers.get((name, "least"), partial(views.least_now, insight))
    return _page(request, scene, views.least(scene, opportunity))


@router.get(PAGES["what-if"])
async def what_if_answer(request: Request) -> Response:
    """The form with what it brings beside it; everything stands in the address, to keep or to send on."""
    fields = request.query_params
    filled = {name: fields[name] for name in what_if.FIELDS if fields.get(name)}
    scene = await scene_of(request, {**fields, "theme": ""}, "what-if", more=filled)
    if scene.wrong:
        return _unknown(request, scene)
    if not filled.keys() - {"theme"}:
        return _page(request, scene, trying.what_if(scene, what_if.begin(fields.get("theme", ""), scene.choice.age)))
    form = what_if.read_form(fields, *trying.known(scene))
    if form.asked is None:
        return _page(request, scene, trying.what_if(scene, form), 422)
    desk = desk_of(request)
    name, insight = await desk.insight(scene.live, scene.choice.release, scene.figures)
    gain = await desk.answers.get((name, *sorted(form.asked.items())), partial(trying.gain_of, insight, form.asked))
    return _page(request, scene, trying.what_if(scene, form, gain))


@router.post(PAGES["what-if"])
async def what_if_asked(request: Request) -> Response:
    """Read the form: on to its answer, or back to what is not right yet."""
    fields = await form_of(request)
    scene = await scene_of(request, {**fields, "theme": ""}, "what-if")
    form = what_if.read_form(fields, *trying.known(scene))
    if form.asked is None:
        return _page(request, scene, trying.what_if(scene, form), 422)
    return answers.go(f"{PAGES['what-if']}{scene.choice.query(**form.typed)}#result")


@router.get(PAGES["wheel"])
async def wheel(request: Request) -> Response:
    """Who touches a theme, who is missing, and who could work together."""
    scene = await scene_of(request, request.query_params, "wheel")
    if scene.wrong:
        return _unknown(request, scene)
    if not scene.choice.theme:
        return _page(request, scene, trying.wheel(scene, None))
    desk = desk_of(request)
    name, insight = await desk.insight(scene.live, scene.choice.release, scene.figures)
    found = await desk.answers.get(
        (name, "wheel", scene.choice.theme), partial(trying.wheel_of, insight, scene.choice.theme)
    )
    return _page(request, scene, trying.wheel(scene, found))


@router.get(PAGES["report"])
@router.get(f"{PAGES['report']}/{{name}}")
async def report(request: Request, name: str = "index") -> Response:
    """The report of the last evaluation, page by page."""
    if name not in REPORTS:
        raise NotThere("there is no such page of the report")
    scene = await scene_of(request, request.query_params, "report", "" if name == "index" else name)
    if scene.wrong:
        return _unknown(request, scene)
    question = ("report", name, scene.frame.lang, scene.choice, scene.live.catalogue.city, scene.figures.signs)
    found = await desk_of(request).drawings.get(question, partial(views.drawn, scene, name))
    return _page(request, scene, views.report(scene, name, found))


@router.get(PAGES["repair"])
async def repair(request: Request) -> Response:
    """What to mend in the data, as the last look at it found."""
    scene = await scene_of(request, request.query_params, "repair")
    if scene.figures.repair is None:
        raise NotThere("there is no list of repairs yet")
    return answers.bare(views.repair(scene), scene.frame)


@router.get(f"{PAGES['repair']}.csv")
async def repair_table(request: Request) -> Response:
    """The same as a table."""
    path = service_of(request).home.reports(live_of(request).catalogue.city) / "repair.csv"
    if not path.is_file():
        raise NotThere("there is no list of repairs yet")
    return FileResponse(path, media_type="text/csv", filename="repair.csv")


@router.post(START + "/{page:path}")
async def chosen(request: Request, page: str) -> Response:
    """A choice of the form that stands above a page: on to the address that keeps it."""
    name, _, part = page.partition("/")
    if name not in CHOOSING or (part and not (name == "report" and part in REPORTS)):
        raise NotThere("this page has no form")
    fields = await form_of(request)
    scene = await scene_of(request, fields, name)
    return answers.go(f"{START}/{page}{scene.choice.query()}")


@router.get(START + "/{rest:path}")
async def nothing(rest: str) -> Response:
    """Any other address below the desk."""
    raise NotThere("the desk has no such page")


def _page(request: Request, scene: Scene, html: str, status: int = 200) -> Response:
    return answers.page(request, html, scene.frame, status)


def _unknown(request: Request, scene: Scene) -> Response:
    """Something was chosen that the city does not have."""
    return _page(request, scene, views.unknown(scene), 404)
