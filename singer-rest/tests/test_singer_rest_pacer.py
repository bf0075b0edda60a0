from __future__ import annotations

import random
import threading
import time as real_time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from singer_rest import Pacer

if TYPE_CHECKING:
    from conftest import FakeTime


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


THREADS = 16


def test_sixteen_threads_keep_to_the_limit_and_lose_no_time() -> None:
    pacer = Pacer(20, 0.2)
    dice = random.Random(7)  # noqa: S311 - repeatable on purpose
    passed: list[tuple[float, float]] = []

    def request(latency: float) -> None:
        pacer.acquire()
        begun = real_time.monotonic()
        real_time.sleep(latency)
        passed.append((begun, real_time.monotonic()))
        pacer.answered()

    begun = real_time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(request, [dice.uniform(0.0, 0.02) for _ in range(100)]))
    took = real_time.monotonic() - begun

    starts = sorted(start for start, _ in passed)
    ends = sorted(end for _, end in passed)
    for first_answer, beyond in zip(ends, starts[20:], strict=False):
        assert beyond - first_answer >= 0.2 - 0.001
    assert took < 2.0  # 0.9 s where nothing is lost


def test_threads_pass_in_the_order_in_which_they_asked_and_look_only_when_it_is_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pacer = Pacer(1, 0.02)
    passed: list[int] = []
    threads = []
    looks: list[float] = []
    look = pacer._window.wait

    def noted(now: float) -> float | None:
        looks.append(now)
        return look(now)

    monkeypatch.setattr(pacer._window, "wait", noted)

    def request(number: int) -> None:
        pacer.acquire()
        passed.append(number)
        pacer.answered()

    pacer.block(600.0)
    for number in range(THREADS):
        thread = threading.Thread(target=request, args=(number,), daemon=True)
        thread.start()
        threads.append(thread)
        while len(pacer._waiting) <= number:
            real_time.sleep(0)
    with pacer._lock:
        pacer._window._blocked_until = 0.0
        pacer._wake_first()
    for thread in threads:
        thread.join()

    assert passed == list(range(THREADS))
    assert len(looks) <= 4 * THREADS


def test_nobody_slips_past_those_who_wait() -> None:
    pacer = Pacer(1, 0.0)
    pacer.acquire()
    passed: list[str] = []
    threads = []

    def request(name: str) -> None:
        pacer.acquire()
        passed.append(name)
        pacer.answered()

    for number, name in enumerate(("first", "second"), 1):
        threads.append(threading.Thread(target=request, args=(name,), daemon=True))
        threads[-1].start()
        while len(pacer._waiting) < number:
            assert passed == []
            real_time.sleep(0)
        with pacer._lock:
            pacer._window._in_flight = 0  # there is room, which the first one has not seen yet
    with pacer._lock:
        pacer._wake_first()
    for thread in threads:
        thread.join(10)

    assert passed == ["first", "second"]


def test_who_waits_for_an_answer_goes_on_as_soon_as_it_counts_no_more() -> None:
    pacer = Pacer(1, 0.0)
    pacer.acquire()
    passed = threading.Event()

    def request() -> None:
        pacer.acquire()
        passed.set()

    thread = threading.Thread(target=request)
    thread.start()
    assert not passed.wait(0.02)
    pacer.answered()
    assert passed.wait(10)
    thread.join()


@pytest.mark.parametrize("change", ["limit", "window"])
def test_a_larger_quota_counts_at_once_for_those_who_wait(change: str) -> None:
    pacer = Pacer(1, 600.0)
    pacer.acquire()
    pacer.answered()
    thread = threading.Thread(target=pacer.acquire)
    thread.start()
    while not pacer._waiting:
        real_time.sleep(0)

    setattr(pacer, change, 2 if change == "limit" else 0.0)

    thread.join(10)
    assert not thread.is_alive()


def test_after_a_block_the_others_wait_too() -> None:
    pacer = Pacer(None)
    pacer.block(0.05)
    begun = real_time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(THREADS):
            threads.submit(pacer.acquire)
    assert real_time.monotonic() - begun >= 0.05
