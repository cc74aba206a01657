import numpy as np

from data.columns import ACTIVITIES, THEMES
from data.tables import Tables
from data.translate import catalogue_from
from tests.training.test_cut import frame
from training.evaluation.baselines import Asked, Content, Popular, Random, top

DAY = 86_400
EMPTY = np.empty(0, dtype=np.int32)


def catalogue():
    return catalogue_from(
        Tables(
            themes=frame(THEMES, theme_id=["space", "music"]),
            activities=frame(
                ACTIVITIES,
                activity_id=["rocket", "stars", "choir", "drums"],
                title=["build one rocket", "look at stars", "sing in a choir", "play the drums"],
                themes=["space:1", "space:1", "music:1", "music:1"],
            ),
            has_sessions=False,
        )
    )


def test_popular_counts_before_the_cut_and_within_its_days():
    activity, at = np.array([0, 0, 1, 2, 2, 2], np.int32), np.array([0, 1, 95, 100, 101, 102]) * DAY
    ever = Popular("popular", activity, at, 4, cut=100 * DAY)
    lately = Popular("popular_30_days", activity, at, 4, cut=100 * DAY, days=30)
    assert ever.scores(Asked.of([EMPTY], 4)).tolist() == [[2, 1, 0, 0]]
    assert lately.scores(Asked.of([EMPTY], 4)).tolist() == [[0, 1, 0, 0]]


def test_content_prefers_what_shares_themes_with_the_history():
    asked = Asked.of([np.array([0], np.int32), np.array([2], np.int32), EMPTY], 4)
    scores = Content(catalogue().activities).scores(asked)
    assert scores[0, 1] > scores[0, 2:].max()
    assert scores[1, 3] > scores[1, :2].max()
    assert not scores[2].any()


def test_content_without_any_word_or_theme():
    activities = catalogue().activities
    bare = frame(ACTIVITIES, activity_id=["a", "b"], title=["", ""])
    scores = Content(catalogue_from(Tables(activities=bare, has_sessions=False)).activities).scores(
        Asked.of([EMPTY], 2)
    )
    assert not scores.any()
    assert len(activities) == 4


def test_top_keeps_to_what_is_allowed_and_pads():
    scores = np.array([[3.0, 9.0, 5.0, 5.0]])
    allowed = np.array([[True, False, True, True], [False, False, False, True], [False] * 4])
    lots = np.array([[0, 0, 2, 1], [0] * 4, [0] * 4], dtype=float)
    assert top(scores, allowed, lots, 3).tolist() == [[3, 2, 0], [3, -1, -1], [-1, -1, -1]]


def test_lots_decide_where_a_baseline_cannot():
    lots = np.random.default_rng(0).random((400, 4))
    first = top(Random(4).scores(Asked.of([], 4)), np.ones((400, 4), bool), lots, 1)[:, 0]
    assert (np.bincount(first, minlength=4) > 60).all()
