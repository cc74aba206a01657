"""The page for a parent or child: ``GET /`` shows it, ``POST /`` answers its form. Nothing of it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.draw import seed_of, traits_of
from api.language import languages_known
from api.planning import outing
from api.problems import Busy, NotThere, Problem
from api.service import key_of, language_of, live_of, service_of
from api.state import Live
from data.messages import load
from data.pages import asset
from data.pages.asking import middle_of, outing_of, passport_of, request_of
from data.pages.choices import Choices, read_choices
from data.pages.index import page
from data.pages.lines import lines_page
from recommender.passport import Passport
from recommender.passport import Request as Asked
from recommender.routing.route import Routes

router = APIRouter(include_in_schema=False)

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 500
SAMPLES = ("sample", "simulated")
ASSETS = {
    "leerlijn.css": ("text/css", ("base.css", "index.css", "metro.css", "lines.css")),
    "leerlijn.js": ("text/javascript", ("page.js",)),
}


@router.get("/")
async def first(request: Request) -> Response:
    """The page with an empty form, and what there is to do for everybody alike."""
    return await _shown(request, Choices(lang=request.query_params.get("lang", "")))


@router.post("/")
async def answered(request: Request) -> Response:
    """The page with the form as it was sent, and the ideas that go with it.

    It is a POST although it changes nothing: an age or a wish belongs in no address, history or log.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Problem(415, f"This address takes the form of the page, sent as {FORM}.")
    try:
        fields = parse_qs((await request.body()).decode(), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:  # too many fields, or not UTF-8
        raise Problem(422, f"The form must be UTF-8 and have at most {MOST_FIELDS} fields.") from None
    return await _shown(request, read_choices(fields))


async def _shown(request: Request, choices: Choices) -> Response:
    live = live_of(request)
    at, _ = live.moment(None, service_of(request).clock())
    known = choices.lang.split("-")[0].lower() in languages_known()
    lang = language_of(request, choices.lang if known else None, live)
    choices = replace(choices, lang=lang)
    passport, asked = passport_of(choices, live.catalogue, at), request_of(choices, live.catalogue, at)
    seed = seed_of(service_of(request).secret, traits_of(passport), at, live.catalogue)
    routes, problem = await _routes(request, live, choices, passport, asked) if choices.route else (None, "")
    html = page(
        choices,
        live.catalogue,
        live.recommend(passport, replace(asked, seed=seed)),
        links={
            "self": "/",
            "css": "/page/leerlijn.css",
            "js": "/page/leerlijn.js",
            "api": "/openapi.json",
            "lines": f"/lines?lang={lang}" if len(live.catalogue.lines.ids) else "",
            "report": f"/report/{lang}" if _measured(_reports(request, live)) else "",
        },
        sample=live.settings.origin in SAMPLES,
        problem=problem,
        routes=routes,
    )
    return HTMLResponse(html, 422 if choices.wrong_age else 200, {"Content-Language": lang, "Vary": "Accept-Language"})


async def _routes(
    request: Request, live: Live, choices: Choices, passport: Passport, asked: Asked
) -> tuple[Routes | None, str]:
    """An outing, or what to tell somebody who gets none."""
    messages = load(choices.lang, live.catalogue.languages)
    wish = outing_of(choices, live.catalogue, asked.at)
    start = asked.start or middle_of(live.catalogue)
    if wish is None or start is None:
        return None, messages.text("outing", "wrong")
    asked = replace(asked, start=start, opens=None, closes=None)
    service = service_of(request)
    try:
        plan = outing(live, passport, asked, wish, service.settings.route_seconds)
        return await service.planning.run(plan, key_of(request)), ""
    except Busy:
        return None, messages.text("outing", "busy")


@router.get("/lines")
async def lines(request: Request) -> Response:
    """The metro map of the lines and their stations."""
    live = live_of(request)
    asked = request.query_params.get("lang", "")
    lang = language_of(request, asked if asked.split("-")[0].lower() in languages_known() else None, live)
    at, _ = live.moment(None, service_of(request).clock())
    links = {"self": "/lines", "css": "/page/leerlijn.css", "home": f"/?lang={lang}"}
    html = lines_page(live.catalogue, await run_sync(lambda: live.metro), lang, at, links=links)
    return HTMLResponse(html, headers={"Content-Language": lang, "Vary": "Accept-Language"})


@router.get("/page/{name}")
async def static(name: str) -> Response:
    """The style sheet and the script of the page."""
    if name not in ASSETS:
        raise NotThere(f"the page has only {' and '.join(ASSETS)}")
    media_type, parts = ASSETS[name]
    text = "\n".join(asset(part) for part in parts)
    return Response(text, media_type=media_type, headers={"Cache-Control": "no-cache"})


@router.get("/report/{lang}")
async def report(request: Request, lang: str) -> Response:
    """The report of the last evaluation of the city in service, on one page.

    Where nobody drew that page since, the desk draws it. The page itself calls its other languages ``evaluation.<lang>.html``.
    """
    lang = lang.removeprefix("evaluation.").removesuffix(".html")
    folder = _reports(request, live_of(request))
    if lang not in languages_known() or not _measured(folder):
        raise NotThere("there is no report yet: run `make evaluate` first")
    written, figures = folder / f"evaluation.{lang}.html", folder / "evaluation.json"
    if written.is_file() and not (figures.is_file() and figures.stat().st_mtime > written.stat().st_mtime):
        return FileResponse(written, media_type="text/html")
    return RedirectResponse(f"/desk/report?lang={lang}", 303)


def _reports(request: Request, live: Live) -> Path:
    return service_of(request).home.reports(live.catalogue.city)


def _measured(folder: Path) -> bool:
    """Whether an evaluation left anything to show."""
    return any(folder.glob("evaluation.*"))
