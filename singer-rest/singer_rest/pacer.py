"""Pacing: as many requests as the quota allows, and no more."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pacer"]

SHORTEST_WAIT = 0.001  # seconds


class Pacer:
    """A sliding window of requests.

    Within any `window` seconds at most `limit` requests are let through, so no fixed window of
    the server can see more. The first `limit` requests pass without any wait.

    Args:
        limit: requests per window.
        window: length of the window, in seconds.
        clock: returns seconds; for tests.
        sleep: waits for seconds; for tests.
    """

    def __init__(
        self,
        limit: int,
        window: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limit = limit
        self.window = window
        self.waited = 0.0
        """Seconds spent waiting so far."""
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[float] = deque()
        self._in_flight = 0
        self._blocked_until = 0.0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Wait until one more request is within the quota, and count it.

        Call `answered` once it has its answer, or none. Until then, and a whole window from then
        on, it counts: nobody knows when in between the server counted it.
        """
        while (wait := self._try_acquire()) > 0:
            self.waited += wait
            self._sleep(wait)

    def answered(self) -> None:
        """Let the window of one request begin."""
        with self._lock:
            self._in_flight -= 1
            self._sent.append(self._clock())

    def observe(self, remaining: int) -> None:
        """Correct the own count by what the server says is left of the current window.

        Requests of other clients are counted as sent just now: they may stay in the server's
        window for its whole length.

        Args:
            remaining: requests that the server still allows in its current window.
        """
        with self._lock:
            now = self._clock()
            self._forget_old(now)
            unseen = self.limit - max(remaining, 0) - len(self._sent) - self._in_flight
            self._sent.extend([now] * max(unseen, 0))

    def block(self, seconds: float) -> None:
        """Let nothing through for `seconds`, as a `Retry-After` asks."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + seconds)

    def _try_acquire(self) -> float:
        """Count a request and return 0, or return the seconds to wait first."""
        with self._lock:
            now = self._clock()
            if now < self._blocked_until:
                return self._blocked_until - now
            self._forget_old(now)
            if len(self._sent) + self._in_flight < self.limit:
                self._in_flight += 1
                return 0
            oldest = self._sent[0] + self.window - now if self._sent else 0
            return max(oldest, SHORTEST_WAIT)

    def _forget_old(self, now: float) -> None:
        while self._sent and self._sent[0] <= now - self.window:
            self._sent.popleft()
