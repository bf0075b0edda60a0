"""Pacing: as many requests as the quota allows, and no more, whichever threads send them."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from singer_rest.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pacer"]


class Pacer:
    """Lets requests through within a quota, in the order in which their threads asked.

    Within any `window` seconds at most `limit` requests are let through, so no fixed window of
    the server can see more. The first `limit` requests pass without any wait.

    Args:
        limit: requests per window; None if no quota is known, so that only `block` holds them up.
        window: length of the window, in seconds.
        clock: returns seconds; for tests.
        sleep: waits for seconds, instead of the pacer's own waiting; for tests.
    """

    def __init__(
        self,
        limit: int | None,
        window: float = 0.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.waited = 0.0
        """Seconds that threads spent waiting so far, added up."""
        self._window = Window(limit, window)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._waiting: deque[threading.Condition] = deque()

    @property
    def limit(self) -> int | None:
        """Requests per window."""
        return self._window.limit

    @limit.setter
    def limit(self, limit: int | None) -> None:
        with self._lock:
            if limit != self._window.limit:
                self._window.limit = limit
                self._wake_first()

    @property
    def window(self) -> float:
        """Length of the window, in seconds."""
        return self._window.length

    @window.setter
    def window(self, length: float) -> None:
        with self._lock:
            if length != self._window.length:
                self._window.length = length
                self._wake_first()

    def now(self) -> float:
        """The pacer's time, in seconds."""
        return self._clock()

    def acquire(self) -> None:
        """Wait until one more request is within the quota, and count it.

        Call `answered` once it has its answer, or none. Until then, and a whole window from then
        on, it counts: nobody knows when in between the server counted it.
        """
        with self._lock:
            if self._waiting or self._window.wait(self._clock()) != 0:
                self._wait_in_line()
            self._window.take()

    def answered(self) -> None:
        """Let the window of one request begin."""
        with self._lock:
            self._window.answered(self._clock())
            self._wake_first()

    def observe(self, remaining: int, sent: float | None = None) -> None:
        """Correct the own count by what the server says is left of the current window.

        Args:
            remaining: requests that the server still allows in its current window.
            sent: when the request was sent whose answer says so, in the pacer's time; just now if
                None.
        """
        with self._lock:
            now = self._clock()
            self._window.observe(now, remaining, now if sent is None else sent)
            self._wake_first()

    def block(self, seconds: float) -> None:
        """Let nothing through for `seconds`, as a `Retry-After` asks."""
        with self._lock:
            self._window.block(self._clock(), seconds)

    def _wait_in_line(self) -> None:
        """Wait until the threads before this one are through, and the quota has room."""
        turn = threading.Condition(self._lock)
        began = self._clock()
        self._waiting.append(turn)
        try:
            while True:
                if self._waiting[0] is not turn:
                    turn.wait()
                    continue
                seconds = self._window.wait(self._clock())
                if seconds == 0:
                    return
                self._pause(turn, seconds)
        finally:
            self._waiting.remove(turn)
            self.waited += self._clock() - began
            self._wake_first()

    def _pause(self, turn: threading.Condition, seconds: float | None) -> None:
        if self._sleep is None or seconds is None:
            turn.wait(seconds)
        else:
            self._sleep(seconds)

    def _wake_first(self) -> None:
        """Let the first in line look again: others need not, as nobody passes before it."""
        if self._waiting:
            self._waiting[0].notify()
