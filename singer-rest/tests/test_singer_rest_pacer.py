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


def test_nothing_waits_while_quota_is_left(time: FakeTime) -> None:
    pacer = pacer_of(time)

    for _ in range(3):
        pacer.acquire()

    assert time.slept == []
    assert pacer.waited == 0


def test_the_request_beyond_the_quota_waits_until_the_oldest_leaves_the_window(
    time: FakeTime,
) -> None:
    pacer = pacer_of(time)
    for _ in range(3):
        pacer.acquire()
        time.now += 1

    pacer.acquire()

    assert time.slept == [7.0]
    assert pacer.waited == 7.0


def test_requests_seen_by_the_server_but_not_by_us_count(time: FakeTime) -> None:
    pacer = pacer_of(time)
    pacer.acquire()

    pacer.observe(remaining=0)
    pacer.acquire()

    assert sum(time.slept) == 10.0


def test_more_quota_left_than_our_own_count_says_is_not_believed(time: FakeTime) -> None:
    pacer = pacer_of(time)
    for _ in range(3):
        pacer.acquire()

    pacer.observe(remaining=3)
    pacer.acquire()

    assert sum(time.slept) == 10.0


def test_a_block_lets_nothing_through_and_a_shorter_one_does_not_end_it(time: FakeTime) -> None:
    pacer = pacer_of(time)

    pacer.block(30)
    pacer.block(5)
    pacer.acquire()

    assert time.slept == [30.0]


@settings(deadline=None)
@given(
    limit=st.integers(1, 5),
    pauses=st.lists(st.floats(0, 4, allow_nan=False), min_size=1, max_size=40),
)
def test_no_window_ever_holds_more_than_the_limit(limit: int, pauses: list[float]) -> None:
    time = FakeTime()
    pacer = pacer_of(time, limit, window=5.0)
    sent = []
    for pause in pauses:
        time.now += pause
        pacer.acquire()
        sent.append(time.now)

    for first, beyond in zip(sent, itertools.islice(sent, limit, None), strict=False):
        assert beyond - first >= 5.0 - 1e-6
