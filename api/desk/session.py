"""Who sits at the desk: a signed cookie that stands for a key without being it.

Everything the service must know is in the cookie, signed with the installation's own secret: it holds after a restart
and for every worker. The key behind it is looked up again with every request, so revoking the key ends the session. Whoever
logs out leaves a mark in ``LEERLIJN_HOME`` until the cookie would have ended by itself: a copy of it opens nothing either.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, Signer, URLSafeSerializer

LOG = logging.getLogger("leerlijn.api")
COOKIE = "leerlijn-desk"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""The name under which browsers take a cookie from the host itself alone, over https alone."""
LASTS = 10 * 3600
"""A working day."""
_LONGEST = 1000
_ID = re.compile(r"[0-9a-f]{32}")
_SIGNED = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


@dataclass(frozen=True)
class Session:
    """One browser at the desk.

    Attributes
    ----------
    id : str
        32 hexadecimal digits, drawn by lot.
    until : int
        When it ends, in seconds since 1970 UTC.
    key_id, city : str
        The key that was entered and its city; ``""`` before one was, and in demo mode.
    """

    id: str
    until: int
    key_id: str = ""
    city: str = ""


def begin(now: float, key_id: str = "", city: str = "") -> Session:
    """A new session. Entering a key begins a new one, so nobody can have prepared it for somebody else."""
    return Session(secrets.token_hex(16), int(now) + LASTS, key_id, city)


class Sessions:
    """Seals sessions into cookies and opens them again.

    Parameters
    ----------
    secret : bytes
        Of this installation; see ``Home.secret``.
    left : Path
        Folder for the marks of those who logged out; it is made when the first one does.
    """

    def __init__(self, secret: bytes, left: Path) -> None:
        self._cookies = URLSafeSerializer(secret, salt="leerlijn desk cookie", signer_kwargs=_SIGNED)
        self._forms = Signer(secret, salt="leerlijn desk form", **_SIGNED)  # type: ignore[arg-type]
        self._left = left

    def seal(self, session: Session) -> str:
        """The text of a cookie."""
        return str(self._cookies.dumps([session.id, session.until, session.key_id, session.city]))

    def open(self, text: str, now: float) -> Session | None:
        """The session that a cookie holds; None when it is not ours, has ended, or somebody logged out of it."""
        if not text or len(text) > _LONGEST:
            return None
        try:
            session = Session(*self._cookies.loads(text))
        except (BadData, TypeError):
            return None
        return None if session.until <= now or self._mark(session).exists() else session

    def of(self, cookies: Mapping[str, str], now: float) -> Session | None:
        """The session among the cookies of a request."""
        for name in (SECURE_COOKIE, COOKIE):
            if name in cookies:
                return self.open(cookies[name], now)
        return None

    def token(self, session: Session) -> str:
        """What every form of this session carries, so that a form of another page is not taken for one of ours."""
        return self._forms.get_signature(session.id).decode()

    def owns(self, session: Session, token: str) -> bool:
        """Whether a form was made for this session."""
        return self._forms.verify_signature(session.id.encode(), token.encode(errors="replace"))

    def end(self, session: Session, now: float) -> None:
        """Let a session open nothing any more, in any worker. Marks that have done their work are removed."""
        try:
            self._left.mkdir(parents=True, exist_ok=True)
            self._mark(session).touch()
            for mark in self._left.iterdir():
                until = mark.name.partition("-")[0]
                if until.isdecimal() and int(until) <= now:
                    mark.unlink(missing_ok=True)
        except OSError as error:  # the browser forgets its cookie all the same
            LOG.error("the desk cannot note who logged out: %s", type(error).__name__)

    def _mark(self, session: Session) -> Path:
        return self._left / f"{int(session.until)}-{session.id if _ID.fullmatch(session.id) else 'none'}"


def cookie_name(secure: bool) -> str:
    """What the cookie is called, over https and without."""
    return SECURE_COOKIE if secure else COOKIE
