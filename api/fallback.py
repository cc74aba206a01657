"""The ordered fallback: personalised, then wishes, then what is popular nearby, then the plain agenda.

Which of them a passport can have is the recipe's to say (``recommend.FALLBACK``). Here it is what comes next when
one of them breaks, because of a release that loads whole and still cannot be scored with: somebody who asks what to
do on a Saturday gets the best list that can be made, and the answer says which one it is.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from recommender.answer import Answer
from recommender.city import Catalogue
from recommender.errors import LeerlijnError
from recommender.passport import NOBODY, Passport, Request
from recommender.recommend import FALLBACK, recommend
from recommender.release import Release

LOG = logging.getLogger("leerlijn.api")


def answered(passport: Passport, catalogue: Catalogue, release: Release | None, request: Request) -> Answer:
    """The best list that can be made; only the last way of making one may fail.

    Parameters
    ----------
    release : Release or None
        None gives the plain agenda.

    Returns
    -------
    Answer
        ``basis`` says what the passport offered, ``fallback`` what the list was made with; see ``fell``.

    Raises
    ------
    LeerlijnError
        For a request that no list goes with.
    """
    for asker, asked in _ways(passport, catalogue, request) if release is not None else ():
        try:
            found = recommend(asker, catalogue, release, asked)
        except LeerlijnError:
            raise
        except Exception as error:  # never its message: it may hold something of the passport
            frames = "".join(traceback.format_tb(error.__traceback__))
            LOG.error("%s: no %s list could be made\n%s", type(error).__name__, FALLBACK[asker.basis], frames)
        else:
            return found if asker is passport else replace(found, basis=passport.basis)
    return recommend(passport, catalogue, None, request)


def fell(found: Answer, release: Release | None) -> bool:
    """Whether a list was made with less than what its basis and the release in service allow."""
    return release is not None and found.fallback != FALLBACK[found.basis]


def _ways(passport: Passport, catalogue: Catalogue, request: Request) -> Iterator[tuple[Passport, Request]]:
    """Who asks and what, with ever less to go on; what was done or declined already is shown by none of them."""
    yield passport, request
    if passport.basis == "none":
        return
    seen = passport.stamps.activity if not request.include_stamped else np.empty(0, dtype=np.int32)
    among = np.arange(len(catalogue.activities)) if request.candidates is None else request.candidates
    asked = replace(request, candidates=np.setdiff1d(among, seen).astype(np.int32))
    wishing = replace(passport, stamps=NOBODY.stamps, liked=NOBODY.liked)
    if passport.basis == "stamps" and wishing.basis == "wishes":
        yield wishing, asked
    yield replace(wishing, wishes=NOBODY.wishes, less=NOBODY.less), asked
