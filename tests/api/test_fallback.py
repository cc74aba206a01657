"""Personalised, then wishes, then popular nearby, then the plain agenda: in that order, and the answer says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.settings import Settings
from data.home import Home
from recommender.model import Model
from tests.api.conftest import Served, serve

STAMPED = {"activity": "robot-start", "at": "2026-02-07T16:00:00+01:00"}
EVERYTHING = {"age": 9, "stamps": [STAMPED], "wishes": ["space"], "avoid": ["animals"]}


@pytest.fixture
def served(settle: Callable[..., Home], tmp_path: Path) -> Iterator[Served]:
    with serve(Settings(home=settle(tmp_path).path, refresh_seconds=1e9)) as served:
        yield served


def breaks(served: Served, harm: Callable[[Model], Model]) -> None:
    """Put a release in service that loaded whole and is wrong inside."""
    city = served.service.cities["klein-oss"]
    assert city.live.release is not None
    release = replace(city.live.release, model=harm(city.live.release.model))
    city.live = city._good = replace(city.live, release=release)


def without_visits(model: Model) -> Model:
    """Nothing can be folded in any more; without stamps nobody needs to."""
    return replace(model, als_inverse=np.full(model.als_inverse.shape, np.nan))


def without_anything(model: Model) -> Model:
    return replace(model, popular=np.empty((0, 0), dtype=np.float32), theme_shares=None)  # type: ignore[arg-type]


def told(answer: dict[str, Any]) -> tuple[str, str, bool]:
    return answer["basis"], answer["fallback"], answer["degraded"]


def names(answer: dict[str, Any]) -> set[str]:
    return {one["activity"]["id"] for one in answer["recommendations"]}


def test_what_the_passport_offers_decides(served: Served) -> None:
    assert told(served.ask(passport=EVERYTHING)) == ("stamps", "personalised", False)
    assert told(served.ask(passport={"age": 9, "wishes": ["space"]})) == ("wishes", "wishes", False)
    assert told(served.ask(passport={"age": 9})) == ("none", "popular_nearby", False)
    assert told(served.ask()) == ("none", "popular_nearby", False)


def test_when_stamps_break_it_the_wishes_answer_and_then_what_is_popular(served: Served) -> None:
    breaks(served, without_visits)
    answer = served.ask(passport=EVERYTHING, count=50)
    assert told(answer) == ("stamps", "wishes", True)
    assert "robot-start" not in names(answer), "what was done already stays out"
    assert not {"birds", "pond", "farm"} & names(answer), "what is avoided stays out"
    assert "stars" in names(answer)
    without_wishes = {name: value for name, value in EVERYTHING.items() if name != "wishes"}
    assert told(served.ask(passport=without_wishes)) == ("stamps", "popular_nearby", True)
    assert told(served.ask(learner="r-1")) == ("stamps", "popular_nearby", True)
    assert told(served.ask(passport={"wishes": ["space"]})) == ("wishes", "wishes", False), "this is all it ever had"


def test_when_nothing_can_be_scored_the_agenda_answers(served: Served) -> None:
    breaks(served, without_anything)
    for asked, basis in ((EVERYTHING, "stamps"), ({"wishes": ["space"]}, "wishes"), ({"age": 9}, "none")):
        answer = served.ask(passport=asked, count=50)
        assert told(answer) == (basis, "agenda", True)
        assert answer["recommendations"]
    starts = [one["session"]["start"] for one in served.ask(count=50)["recommendations"]]
    assert starts == sorted(starts)


def test_the_log_says_where_it_broke_and_not_for_whom(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    breaks(served, without_visits)
    with caplog.at_level("DEBUG"):
        served.ask(passport={"age": 9.8765, "stamps": [STAMPED], "badges": ["badge-of-nobody"]})
    ours = "".join(record.getMessage() for record in caplog.records if record.name == "leerlijn.api")
    assert "no personalised list could be made" in ours
    assert "recommend.py" in ours
    for mark in ("9.8765", "badge-of-nobody", "robot-start"):
        assert mark not in ours


def test_the_page_goes_on_too(served: Served) -> None:
    breaks(served, without_anything)
    assert served.http.get("/").status_code == 200
    assert served.http.post("/", data={"theme": "space"}).status_code == 200


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_never_shown(served: Served, score: float) -> None:
    def spoiled(model: Model) -> Model:
        popular = model.popular.copy()
        popular[:, 2] = score
        return replace(model, popular=popular)

    breaks(served, spoiled)
    answer = served.ask(passport=EVERYTHING, count=50)
    assert told(answer) == ("stamps", "agenda", True)
    shown = [one["activity"]["id"] for one in answer["recommendations"]]
    assert len(shown) == len(set(shown)) > 3
