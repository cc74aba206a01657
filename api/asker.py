"""Who asks: a learner the store knows, somebody whose passport came along, or nobody in particular."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np

from api.problems import NotThere, at_field
from api.service import Service
from api.shapes.question import Asker
from api.state import Live
from api.translate import passport_from_given, until
from data.passports import passport_from
from data.store import StoreAway
from recommender.city import Catalogue
from recommender.passport import NOBODY, Passport, Request

LOG = logging.getLogger("leerlijn.api")
CHILD = 6.0
"""Years from which something must be for children, to be shown to somebody whose age cannot be looked up."""


@dataclass(frozen=True)
class Who:
    """Who asks, as far as we know right now; ``away`` when the store did not answer, and then as nobody."""

    passport: Passport
    away: bool = False

    def among(self, catalogue: Catalogue, request: Request) -> Request:
        """The request, and where nobody can say whether a child asks, among what is known to suit children."""
        if not self.away:
            return request
        suits = np.flatnonzero(catalogue.activities.age_min <= CHILD).astype(np.int32)
        if request.candidates is not None:
            suits = np.intersect1d(suits, request.candidates)
        return replace(request, candidates=suits)


async def who_asks(asker: Asker, live: Live, service: Service, at: int) -> Who:
    """The passport of whoever asks, in rows of the catalogue in service.

    Raises
    ------
    Problem, NotThere
        422 when both a learner and a passport are given, 404 for a learner that the store does not know.
    """
    if asker.learner is not None and asker.passport is not None:
        raise at_field("passport", "give a learner or a passport, not both")
    if asker.learner is not None:
        try:
            known = await service.reader.passport(live.catalogue.city, asker.learner)
        except StoreAway as error:
            LOG.error("%s: an answer goes out without a passport", type(error).__name__)
            service.metrics.store_errors.labels("passport").inc()
            return Who(NOBODY, away=True)
        if known is None:
            raise NotThere("learner: this city knows no such learner; send the passport along instead")
        counting = known.counting()
        passport = passport_from(counting.record, counting.stamps, live.catalogue, counting.said)
        return Who(replace(passport, stamps=until(passport.stamps, at)))
    if asker.passport is None:
        return Who(NOBODY)
    return Who(passport_from_given(asker.passport, live.catalogue, at))
