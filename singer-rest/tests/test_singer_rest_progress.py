"""How far a read is, in the log."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_rest import Progress
from singer_sdk.logging import StructuredFormatter

if TYPE_CHECKING:
    from conftest import FakeTime


@dataclass
class Log:
    """What a stream would have logged."""

    lines: list[str] = field(default_factory=list)
    extras: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, message: str, *args: object, extra: dict[str, Any]) -> None:
        self.lines.append(message % args)
        self.extras.append(extra)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def progress(log: Log, time: FakeTime) -> Progress:
    return Progress("actions", log, clock=time.clock)


def test_after_thirty_seconds_the_log_says_how_far_it_is(
    progress: Progress, log: Log, time: FakeTime
) -> None:
    with progress:
        progress.begin("boards", total=40)
        progress.advance(12)
        progress.count(33_999)
        time.now += 30
        progress.count()

    assert log.lines == ["actions: 12 of 40 boards, 34,000 records so far"]


def test_a_stream_that_ends_sooner_says_nothing(
    progress: Progress, log: Log, time: FakeTime
) -> None:
    with progress:
        progress.begin("boards", total=2)
        progress.count()
        time.now += 29.9
        progress.advance(2)

    assert log.lines == []


def test_nothing_is_said_after_its_end(progress: Progress, log: Log, time: FakeTime) -> None:
    with progress:
        progress.count()
    time.now += 60
    progress.count()

    assert log.lines == []


@given(st.lists(st.tuples(st.floats(0, 40), st.booleans()), max_size=60))
def test_whatever_happens_there_are_thirty_seconds_between_two_lines(
    events: list[tuple[float, bool]],
) -> None:
    now, said = 1000.0, [1000.0]
    progress = Progress("actions", lambda *_, **__: said.append(now), clock=lambda: now)
    with progress:
        for seconds, is_part in events:
            now += seconds
            (progress.advance if is_part else progress.count)()
            assert now - said[-1] < 30

    assert all(later - earlier >= 30 for earlier, later in pairwise(said))


def test_a_read_without_parts_tells_its_records(progress: Progress) -> None:
    progress.count(1234)
    assert str(progress) == "1,234 records"


def test_one_part_is_not_worth_telling(progress: Progress) -> None:
    progress.begin("pages", total=1)
    progress.advance()
    progress.count()
    assert str(progress) == "1 record"


def test_parts_are_counted_where_nobody_knows_how_many_there_are(progress: Progress) -> None:
    progress.begin("pages")
    progress.advance(3)
    assert str(progress) == "3 pages, 0 records"


def test_parts_that_turn_out_to_be_more_are_expected_from_then_on(progress: Progress) -> None:
    progress.begin("pages", total=2)
    progress.advance(3)
    assert str(progress) == "3 of 3 pages, 0 records"
    progress.expect(5)
    assert str(progress) == "3 of 5 pages, 0 records"


def test_a_second_reading_begins_anew_and_keeps_the_records(progress: Progress) -> None:
    progress.begin("boards", total=40)
    progress.advance(40)
    progress.count(7)
    progress.begin("boards", total=40)
    progress.advance(2)
    assert str(progress) == "read again, 2 of 40 boards, 7 records"


def test_a_second_run_of_the_stream_begins_at_nothing(
    progress: Progress, log: Log, time: FakeTime
) -> None:
    with progress:
        progress.begin("boards", total=40)
        progress.count(7)
    with progress:
        time.now += 30
        progress.count()

    assert log.lines == ["actions: 1 record so far"]


def test_many_threads_advance_it_and_one_of_them_says_so(log: Log, time: FakeTime) -> None:
    progress = Progress("actions", log, clock=time.clock)
    together = threading.Barrier(16)

    def read_boards() -> None:
        together.wait(10)
        for _ in range(100):
            progress.advance()
            progress.count(2)

    with progress:
        progress.begin("boards", total=1600)
        time.now += 30
        threads = [threading.Thread(target=read_boards) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert str(progress) == "1,600 of 1,600 boards, 3,200 records"
    assert len(log.lines) == 1


def test_a_structured_log_has_stream_and_numbers_in_fields(
    caplog: pytest.LogCaptureFixture, time: FakeTime
) -> None:
    logger = logging.getLogger("tap-office.actions")
    with caplog.at_level(logging.INFO), Progress("actions", logger.info, clock=time.clock) as told:
        told.begin("boards", total=40)
        time.now += 31
        told.advance(12)

    (line,) = [json.loads(StructuredFormatter().format(each)) for each in caplog.records]
    assert line["message"] == "actions: 12 of 40 boards, 0 records so far"
    assert line["level"] == "info"
    assert line["stream_name"] == "actions"
    assert line["extra"]["progress"] == {"unit": "boards", "done": 12, "total": 40, "records": 0}
