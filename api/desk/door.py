"""The door of the desk: a session lets in, whoever has none is shown where to enter a key."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from api.access import CHALLENGE, NO_KEY, PAGES, Keys, scope_of
from api.problems import Problem
from data.store.keys import Key

DOOR = "/desk/key"
START = "/desk"
LONGEST_ADDRESS = 2000
FRONT = ("/", "/lines")
"""Pages for everybody, of demo mode. With keys they ask for one in a header, which no browser sends by itself."""


def has_desk(key: Key) -> bool:
    """Whether a key opens the desk."""
    return scope_of(START) in key.scopes


class NobodyThere(Problem):
    """A page was asked for without a key: programs are told so, browsers are shown the door.

    Parameters
    ----------
    to : str
        The address to go on to with a key.
    browser : bool
        Whether the caller reads pages.
    """

    def __init__(self, to: str, browser: bool) -> None:
        super().__init__(401, NO_KEY, headers=CHALLENGE)
        self._to, self._browser = to, browser

    def response(self, request_id: str) -> Response:
        """The way to the door, or the problem."""
        if not self._browser:
            return super().response(request_id)
        to = "" if self._to == START else f"?{urlencode({'to': self._to})}"
        return RedirectResponse(f"{DOOR}{to}", 303)


def opened_by_session(path: str) -> bool:
    """Whether a session may stand in for a key at this address."""
    return any(path == page or path.startswith(f"{page}/") for page in PAGES)


def came_in_front(method: str, path: str, headers: Headers) -> bool:
    """Whether a person opens the first address of the service in a browser, and is to be shown where a key can be entered."""
    return method in ("GET", "HEAD") and path in FRONT and "text/html" in headers.get("accept", "")


def way_back(to: str) -> str:
    """An address to go to after the door: as given when it is one of the desk's own, else its first page."""
    path = to.partition("?")[0]
    fits = len(to) <= LONGEST_ADDRESS and to.isascii() and to.isprintable() and "\\" not in to and "//" not in path
    return to if fits and opened_by_session(path) and path != DOOR else START


async def seated(scope: Scope, headers: Headers) -> Key:
    """The key behind the session of a request.

    Raises
    ------
    NobodyThere
        Without a session, and when its key does not hold any more.
    """
    state = scope["app"].state
    now = state.service.clock()
    session = state.desk.sessions.of(cookie_parser(headers.get("cookie", "")), now)
    known: Keys = state.service.keys
    key = await known.held(session.city, session.key_id) if session and session.key_id else None
    if key is None or not key.holds(now) or not has_desk(key):
        query = scope["query_string"].decode("latin-1") if scope["method"] in ("GET", "HEAD") else ""
        to = way_back(f"{scope['path']}?{query}" if query else scope["path"])
        raise NobodyThere(to, "text/html" in headers.get("accept", ""))
    return key
