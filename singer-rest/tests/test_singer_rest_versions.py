"""What the state tells of full reads."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from singer_rest.versions import FullReads

NOW = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    "reads",
    [
        FullReads(),
        FullReads(version=7),
        FullReads(7, NOW, hours_ago(9)),
        FullReads(7, hours_ago(30), None, NOW, 9),
    ],
)
def test_full_reads_survive_the_state(reads: FullReads) -> None:
    state: dict[str, Any] = {"full_read_failed_at": "2020-01-01T00:00:00+00:00", "other": 1}
    reads.put(state)
    assert FullReads.of_state(state) == reads
    assert state["other"] == 1


@pytest.mark.parametrize(
    ("at", "hours", "is_due"),
    [
        (None, 24, True),
        (hours_ago(23.9), 24, False),
        (hours_ago(24), 24, True),
        (hours_ago(1000), 0, False),
        (None, 0, False),
        (hours_ago(-1), 24, True),
    ],
)
def test_a_full_read_is_due_when_the_last_one_is_that_old(
    at: datetime | None, hours: float, is_due: bool
) -> None:
    assert FullReads(1, at).is_due(NOW, hours) == is_due


@pytest.mark.parametrize(("failed", "is_due"), [(0.9, False), (1, True), (-1, True)])
def test_one_that_failed_is_tried_again_after_an_hour(failed: float, is_due: bool) -> None:
    reads = FullReads(1, hours_ago(30)).failed(2, hours_ago(failed))
    assert reads.is_due(NOW, 24) == is_due


def test_records_go_on_with_the_active_version_after_a_failure() -> None:
    reads = FullReads(5, hours_ago(30)).failed(6, NOW)
    assert (reads.version, reads.newest_version, reads.at) == (5, 6, hours_ago(30))
    assert FullReads().failed(6, NOW).version == 6
    assert reads.ended(7, NOW) == FullReads(7, NOW)
    assert FullReads().newest_version == 0


@pytest.mark.parametrize(
    ("last", "start", "leaves_out"),
    [
        (FullReads(1, NOW), None, False),
        (FullReads(1, NOW), hours_ago(9), True),
        (FullReads(1, NOW, hours_ago(9)), hours_ago(9), False),
        (FullReads(1, NOW, hours_ago(9)), hours_ago(8), True),
        (FullReads(1, NOW, hours_ago(9)), hours_ago(10), False),
        (FullReads(1), hours_ago(9), False),
    ],
)
def test_a_later_start_leaves_out_what_was_read(
    last: FullReads, start: datetime | None, leaves_out: bool
) -> None:
    assert last.leaves_out(start) == leaves_out
