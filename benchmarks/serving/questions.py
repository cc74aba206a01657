"""What phones ask: a passport with fifty stamps, four filters, twenty places."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks.serving.town import AS_OF, BROAD, DAY

STAMPS, COUNT = 50, 20


def questions(n_activities: int, count: int, seed: int = 5) -> list[bytes]:
    """Bodies of questions: a window of two weeks, free, at most half an hour by bike, one of three broad themes."""
    rng = np.random.default_rng(seed)
    return [json.dumps(question(rng, n_activities)).encode() for _ in range(count)]


def question(rng: np.random.Generator, n_activities: int) -> dict[str, Any]:
    """One of them."""
    now = datetime.fromtimestamp(AS_OF, UTC)
    opens = now + timedelta(days=int(rng.integers(0, 10)))
    stamped = rng.choice(n_activities, STAMPS, replace=False)
    ago = rng.integers(1, 700 * DAY, STAMPS)
    return {
        "passport": {
            "age": float(rng.integers(6, 17)),
            "home": {"lat": 51.76 + float(rng.normal(0, 0.03)), "lon": 5.53 + float(rng.normal(0, 0.04))},
            "languages": ["nl", "en"],
            "stamps": [
                {
                    "activity": f"a-{row:07d}",
                    "at": (now - timedelta(seconds=seconds)).isoformat(),
                    "chosen_by": str(rng.choice(["self", "family", "school"])),
                }
                for row, seconds in zip(stamped.tolist(), ago.tolist(), strict=True)
            ],
        },
        "window": {"from": opens.isoformat(), "until": (opens + timedelta(days=14)).isoformat()},
        "free_only": True,
        "travel": {"mode": "bike", "max_minutes": 30},
        "themes": [f"t{broad}" for broad in rng.choice(BROAD, 3, replace=False).tolist()],
        "count": COUNT,
        "lang": "nl",
    }
