"""What a stream's state tells of its sweeps, and which version records carry meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from tap_trello.sweeps import Sweeps
from tap_trello.tap import TapTrello

NOW = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
ACTIVE, BEGUN = 5, 9
KEPT: dict[str, Any] = {"version": ACTIVE, "full_read_at": NOW.isoformat(), "sweep": BEGUN}


def stream_of(config: dict[str, Any], name: str, **kept: Any) -> Any:
    state = {"bookmarks": {name: {**KEPT, **kept}}}
    return TapTrello(config=config, state=state).streams[name]


def test_a_sweep_is_due_by_the_hours_and_until_one_that_was_begun_has_ended() -> None:
    an_hour_ago = NOW - timedelta(hours=1)
    assert Sweeps().is_due(NOW, 24)
    assert not Sweeps(at=an_hour_ago).is_due(NOW, 24)
    assert Sweeps(at=an_hour_ago).is_due(NOW, 1)
    assert Sweeps(at=an_hour_ago).is_due(NOW, 0)
    assert Sweeps(at=NOW + timedelta(hours=1)).is_due(NOW, 24)  # by a clock that was wrong
    assert Sweeps(at=an_hour_ago, begun=BEGUN).is_due(NOW, 24)


@pytest.mark.parametrize("sweeps", [Sweeps(), Sweeps(NOW), Sweeps(NOW, BEGUN, is_versioned=True)])
def test_sweeps_survive_the_state(sweeps: Sweeps) -> None:
    state = {"sweep": 1, "swept_at": "2020-01-01T00:00:00+00:00"}
    sweeps.put(state)
    assert Sweeps.of_state(state) == sweeps


@pytest.mark.parametrize("name", ["cards", "actions"])
def test_while_a_sweep_can_not_go_on_records_get_no_older_than_what_it_gave(
    config: dict[str, Any], name: str
) -> None:
    stream = stream_of(config, name, sweep_tells_deletions=True)
    stream.carry_last()
    assert stream._stream_version == BEGUN


@pytest.mark.parametrize("name", ["cards", "actions"])
@pytest.mark.parametrize("was_told", [True, False])
def test_a_sweep_goes_on_only_if_what_it_gave_has_its_version(
    config: dict[str, Any], name: str, was_told: bool
) -> None:
    stream = stream_of(config, name, sweep_tells_deletions=was_told)
    assert (stream.begin_sweep() == BEGUN) is was_told
    assert stream.begin_sweep() > ACTIVE
