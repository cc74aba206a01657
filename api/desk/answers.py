"""Pages of the desk as answers, the cookie that goes with them, and forms that are taken only from our own pages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.desk.door import DOOR, START
from api.desk.room import desk_of
from api.desk.session import LASTS, Session, begin, cookie_name
from api.language import language, languages_known
from api.service import service_of
from api.settings import is_loopback
from data.pages.desk import Frame, Link, tongues

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 50
CSS = "/desk/desk.css"
LEAVE = "/desk/leave"


class NotOurForm(Exception):
    """A form that did not come from a page of this session. ``stale`` when its token does not fit, else it is no form."""

    def __init__(self, stale: bool) -> None:
        super().__init__()
        self.stale = stale


def session_of(request: Request) -> Session:
    """The session of the caller; a new one, that opens nothing yet, for whoever has none."""
    known: Session | None = getattr(request.state, "desk_session", None)
    if known is None:
        now = service_of(request).clock()
        known = desk_of(request).sessions.of(request.cookies, now)
        request.state.desk_new = known is None
        request.state.desk_session = known = known or begin(now)
    return known


def secure(request: Request) -> bool:
    """Whether the cookie is for https alone: always, but for a browser on this machine itself that came without."""
    return request.url.scheme == "https" or not is_loopback(request.url.hostname or "")


def keep(request: Request, response: Response, session: Session) -> None:
    """Let the browser keep a session."""
    safe = secure(request)
    sealed = desk_of(request).sessions.seal(session)
    response.set_cookie(cookie_name(safe), sealed, max_age=LASTS, httponly=True, secure=safe, samesite="strict")


def page(
    request: Request, html: str, frame: Frame, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A page as an answer; a caller without a session gets one, because the forms on the page belong to it."""
    about = {"Content-Language": frame.lang, "Vary": "Accept-Language, Cookie"}
    answer = HTMLResponse(html, status, {**about, **(headers or {})})
    session = session_of(request)
    if request.state.desk_new:
        keep(request, answer, session)
    return answer


def bare(html: str, frame: Frame) -> Response:
    """A page without a form, which needs no session."""
    return HTMLResponse(html, 200, {"Content-Language": frame.lang, "Vary": "Accept-Language, Cookie"})


def query(**values: str) -> str:
    """Values as the query of an address; empty ones are left out."""
    return urlencode({name: value for name, value in values.items() if value})


def language_of(request: Request, asked: str, preferred: tuple[str, ...]) -> str:
    """The language of a page: as asked, else as the browser prefers, else as the city does."""
    known = asked.split("-")[0].lower() in languages_known()
    return language(asked if known else None, request.headers.get("accept-language", ""), preferred)


def frame_of(
    request: Request,
    lang: str,
    *,
    city: str = "",
    address: str = START,
    pages: tuple[Link, ...] = (),
    sample: bool = False,
) -> Frame:
    """What stands around a page.

    Parameters
    ----------
    city : str
        Its name, ``""`` for somebody who entered no key.
    address : str
        Of this page with its choices, without the language.
    """
    links = {"css": CSS, "home": f"{START}?lang={lang}", "key": DOOR}
    session = session_of(request)
    links["leave"] = LEAVE if city and session.key_id else ""
    return Frame(
        lang, city, desk_of(request).sessions.token(session), links, pages, tuple(tongues(address, lang)), sample
    )


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that one of our own pages sent; of a field that comes twice the last.

    Raises
    ------
    NotOurForm
        When it is no form, or carries no token of this session.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise NotOurForm(stale=False)
    try:
        fields = parse_qs((await request.body()).decode(), max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:  # too many fields, or not UTF-8
        raise NotOurForm(stale=False) from None
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    session, sessions = session_of(request), desk_of(request).sessions
    if elsewhere or request.state.desk_new or not sessions.owns(session, fields.pop("token", [""])[-1]):
        raise NotOurForm(stale=True)
    return {name: values[-1].strip() for name, values in fields.items()}


def go(address: str) -> Response:
    """On to an address of our own, with GET."""
    return RedirectResponse(address, 303)
