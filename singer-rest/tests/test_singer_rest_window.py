"""The arithmetic of quotas, with a simulated server and any number of requests under way."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import example, given, settings
from hypothesis import strategies as st
from singer_rest.window import Window

Server = Literal["sliding", "fixed", "silent"]

LENGTH = 5.0
ROUNDING = 1e-3


@dataclass(frozen=True)
class Request:
    asked: float
    way_there: float
    way_back: float


@dataclass
class Simulation:
    """Requests that each take their time; those that have to wait stand in line."""

    limit: int
    server: Server
    window: Window = field(init=False)
    let_through: list[float] = field(default_factory=list)
    seen_by_server: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window = Window(self.limit, LENGTH)

    def run(self, requests: list[Request]) -> None:
        number = itertools.count()
        line: deque[Request] = deque()
        events: list[tuple[float, int, str, Request | None, float]] = [
            (request.asked, next(number), "asked", request, 0.0) for request in requests
        ]
        heapq.heapify(events)
        while events:
            now, _, kind, request, sent = heapq.heappop(events)
            if kind == "asked" and request:
                line.append(request)
            elif kind == "answered" and request:
                self.answer(now, request, sent)
            while line and self.window.wait(now) == 0:
                passed = line.popleft()
                self.window.take()
                self.let_through.append(now)
                self.seen_by_server.append(now + passed.way_there)
                back = now + passed.way_there + passed.way_back
                heapq.heappush(events, (back, next(number), "answered", passed, now))
            wait = self.window.wait(now) if line else None
            if wait:
                heapq.heappush(events, (now + wait, next(number), "slept", None, 0.0))

    def answer(self, now: float, request: Request, sent: float) -> None:
        if self.server != "silent":
            moment = sent + request.way_there
            begin = moment - LENGTH if self.server == "sliding" else moment // LENGTH * LENGTH
            counted = sum(1 for each in self.seen_by_server if begin <= each <= moment)
            self.window.observe(now, self.limit - counted, sent)
        self.answered.append(now)
        self.window.answered(now)


def requests_of(drawn: list[tuple[float, float, float]]) -> list[Request]:
    asked = itertools.accumulate(pause for pause, _, _ in drawn)
    return [
        Request(moment, there, back) for moment, (_, there, back) in zip(asked, drawn, strict=True)
    ]


limits = st.integers(1, 5)
many_requests = st.lists(
    st.tuples(st.floats(0, 2), st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=60
).map(requests_of)


@settings(deadline=None)
@given(limit=limits, requests=many_requests)
def test_no_window_of_the_server_holds_more_than_the_limit_however_many_are_under_way(
    limit: int, requests: list[Request]
) -> None:
    simulation = Simulation(limit, "silent")
    simulation.run(requests)

    seen = sorted(simulation.seen_by_server)
    assert len(seen) == len(requests)
    for first, beyond in zip(seen, seen[limit:], strict=False):
        assert beyond - first >= LENGTH - ROUNDING


@settings(deadline=None)
@given(limit=limits, requests=many_requests)
def test_no_request_waits_while_quota_is_left(limit: int, requests: list[Request]) -> None:
    simulation = Simulation(limit, "silent")
    simulation.run(requests)

    for request, passed in zip(requests, simulation.let_through, strict=True):
        before = passed - ROUNDING
        if request.asked >= before:
            continue
        begun = sum(1 for moment in simulation.let_through if moment <= before)
        over = sum(1 for moment in simulation.answered if moment <= before - LENGTH)
        assert begun - over >= limit


@settings(deadline=None)
@given(limit=limits, requests=many_requests)
@example(1, [Request(0, 0, 0), Request(0, 0, 3), Request(5.5, 0, 0)])
def test_late_headers_that_tell_of_our_own_requests_hold_nothing_up(
    limit: int, requests: list[Request]
) -> None:
    plain = Simulation(limit, "silent")
    plain.run(requests)
    for server in ("sliding", "fixed"):
        told = Simulation(limit, server)  # type: ignore[arg-type]
        told.run(requests)
        assert told.let_through == plain.let_through


def test_an_own_request_that_left_while_a_header_was_on_its_way_is_nobody_elses() -> None:
    window = Window(2, LENGTH)
    window.take()
    window.answered(0.1)
    window.take()
    window.observe(8.0, 0, sent=5.0)  # the server counted both, at 5.05
    window.answered(8.0)

    assert window.wait(8.0) == 0


def test_requests_of_others_are_noticed_though_answers_come_in_any_order() -> None:
    window = Window(10, LENGTH)
    for _ in range(3):
        window.take()
    window.observe(1.0, 10 - 5, sent=0.0)  # two of five are somebody else's
    window.observe(1.0, 10 - 4, sent=0.0)  # an earlier answer that comes late

    free = 0
    while window.wait(1.0) == 0:
        window.take()
        free += 1
    assert free == 10 - 5


def test_requests_of_others_stop_counting_once_a_later_answer_shows_a_new_window() -> None:
    window = Window(3, LENGTH)
    window.take()
    window.observe(0.1, 0, sent=0.0)
    window.answered(0.1)
    assert window.wait(0.2) != 0

    window.observe(0.3, 3 - 1, sent=0.05)  # sent before the others were noticed: proves nothing
    assert window.wait(0.3) != 0
    window.observe(0.4, 3 - 1, sent=0.2)
    assert window.wait(0.4) == 0


def test_an_answer_that_took_very_long_says_nothing_of_now() -> None:
    window = Window(3, LENGTH)
    window.observe(100.0, 0, sent=1.0)
    assert window.wait(100.0) == 0


def test_without_a_limit_only_a_block_holds_up() -> None:
    window = Window(None, 0.0)
    for _ in range(1000):
        assert window.wait(0.0) == 0
        window.take()
        window.answered(0.0)
    window.block(0.0, 7.0)
    assert window.wait(2.0) == 5.0
    window.block(2.0, 1.0)
    assert window.wait(2.0) == 5.0
    assert window.wait(7.0) == 0
