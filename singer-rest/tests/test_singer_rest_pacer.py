from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_rest import Pacer


@dataclass
class FakeTime:
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def pacer_of(time: FakeTime, limit: int = 3, window: float = 10.0) -> Pacer:
    return Pacer(limit, window, clock=time.clock, sleep=time.sleep)


def spend(pacer: Pacer) -> None:
    """A request that is answered at once."""
    pacer.acquire()
    pacer.answered()


def test_nothing_waits_while_quota_is_left(time: FakeTime) -> None:
    pacer = pacer_of(time)

    for _ in range(3):
        spend(pacer)

    assert time.slept == []
    assert pacer.waited == 0


def test_the_request_beyond_the_quota_waits_until_the_oldest_leaves_the_window(
    time: FakeTime,
) -> None:
    pacer = pacer_of(time)
    for _ in range(3):
        spend(pacer)
        time.now += 1

    spend(pacer)

    assert time.slept == [7.0]
    assert pacer.waited == 7.0


def test_requests_seen_by_the_server_but_not_by_us_count(time: FakeTime) -> None:
    pacer = pacer_of(time)
    spend(pacer)

    pacer.observe(remaining=0)
    spend(pacer)

    assert sum(time.slept) == 10.0


def test_more_quota_left_than_our_own_count_says_is_not_believed(time: FakeTime) -> None:
    pacer = pacer_of(time)
    for _ in range(3):
        spend(pacer)

    pacer.observe(remaining=3)
    spend(pacer)

    assert sum(time.slept) == 10.0


def test_a_block_lets_nothing_through_and_a_shorter_one_does_not_end_it(time: FakeTime) -> None:
    pacer = pacer_of(time)

    pacer.block(30)
    pacer.block(5)
    spend(pacer)

    assert time.slept == [30.0]


def test_a_request_without_an_answer_yet_counts(time: FakeTime) -> None:
    pacer = pacer_of(time, limit=2)
    pacer.acquire()
    time.now += 60
    spend(pacer)
    spend(pacer)

    assert sum(time.slept) == 10.0


@settings(deadline=None)
@given(
    limit=st.integers(1, 5),
    requests=st.lists(
        st.tuples(st.floats(0, 4), st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=40
    ),
)
def test_no_window_of_the_server_ever_holds_more_than_the_limit(
    limit: int, requests: list[tuple[float, float, float]]
) -> None:
    time = FakeTime()
    pacer = pacer_of(time, limit, window=5.0)
    seen_by_server = []
    for pause, way_there, way_back in requests:
        time.now += pause
        pacer.acquire()
        time.now += way_there
        seen_by_server.append(time.now)
        time.now += way_back
        pacer.answered()

    for first, beyond in zip(
        seen_by_server, itertools.islice(seen_by_server, limit, None), strict=False
    ):
        assert beyond - first >= 5.0 - 1e-6
