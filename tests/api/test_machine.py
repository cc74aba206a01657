"""Fifteen runs of the machine in ``tests/api/machine.py``; ``make prove`` makes five hundred."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from data.tables import Tables
from recommender.release import Release
from tests.api.machine import town
from tests.prove.placed import put_city


def test_no_order_of_events_breaks_what_must_be_so(
    tiny: Tables, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> None:
    template = tmp_path_factory.mktemp("machine")
    put_city(template, tiny, release, ("20260301T000000Z-one", "20260302T000000Z-two"))
    run_state_machine_as_test(town(template, release), settings=settings(max_examples=15, stateful_step_count=12))
