"""Who asks: a learner the store knows, somebody whose passport came along, or nobody in particular."""

from __future__ import annotations

from dataclasses import replace

from api.problems import NotThere, at_field
from api.service import Service
from api.shapes.question import Asker, GivenPassport
from api.state import Live
from api.translate import passport_from_given, until
from data.translate import passport_from
from recommender.passport import NOBODY, Passport


def passport_of(asker: Asker, live: Live, service: Service, at: int) -> Passport:
    """The passport of whoever asks, in rows of the catalogue in service.

    Raises
    ------
    Problem, NotThere
        422 when both a learner and a passport are given, 404 for a learner that the store does not know.
    """
    if asker.learner is not None and asker.passport is not None:
        raise at_field("passport", "give a learner or a passport, not both")
    if asker.learner is not None:
        known = service.store.passport(live.catalogue.city, asker.learner)
        if known is None:
            raise NotThere("learner: this city knows no such learner; send the passport along instead")
        passport = passport_from(known.record, known.stamps, live.catalogue)
        return replace(passport, stamps=until(passport.stamps, at))
    given = asker.passport
    if given is None or given == GivenPassport():
        return NOBODY
    return passport_from_given(given, live.catalogue, at)
