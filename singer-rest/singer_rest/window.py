"""Counting requests against a quota: at most so many within any time of a certain length.

Pure arithmetic over moments that are given; waiting is the pacer's.
"""

from __future__ import annotations

from collections import deque

__all__ = ["Window"]

SHORTEST_WAIT = 0.0001  # seconds; moments are rounded, so a shorter wait might never end
REMEMBERED = 60.0  # seconds; a header that took longer is too old to be compared


class Window:
    """A sliding window, which no fixed window of the server can see more requests than.

    A request counts from when it is let through until `length` after its answer: nobody knows
    when in between the server counted it.

    Args:
        limit: requests per window; None if none is known.
        length: length of the window, in seconds.
    """

    def __init__(self, limit: int | None, length: float) -> None:
        self.limit = limit
        self.length = length
        self._in_flight = 0
        self._answered: deque[float] = deque()
        """When requests were answered that count still; oldest first."""
        self._left: deque[float] = deque()
        """The same of requests that don't count any more, to judge late headers by."""
        self._others: deque[float] = deque()
        """When requests were noticed that somebody else must have sent."""
        self._blocked_until = float("-inf")

    def wait(self, now: float) -> float | None:
        """Seconds until a request may pass: 0 for now; None if only an answer can tell."""
        if now < self._blocked_until:
            return max(self._blocked_until - now, SHORTEST_WAIT)
        self._forget_old(now)
        if self.limit is None:
            return 0
        if self._in_flight + len(self._answered) + len(self._others) < self.limit:
            return 0
        oldest = [queue[0] for queue in (self._answered, self._others) if queue]
        return max(min(oldest) + self.length - now, SHORTEST_WAIT) if oldest else None

    def take(self) -> None:
        """Count a request that is let through."""
        self._in_flight += 1

    def answered(self, now: float) -> None:
        """Let the window of a request begin."""
        self._in_flight -= 1
        if self.limit is not None:
            self._answered.append(now)

    def block(self, now: float, seconds: float) -> None:
        """Let nothing through for `seconds`; a block that lasts longer stays."""
        self._blocked_until = max(self._blocked_until, now + seconds)

    def observe(self, now: float, remaining: int, sent: float) -> None:
        """Find out about requests of others by what the server says is left of its window.

        With many requests under way, answers come in any order, and each tells of some moment
        since its request was sent. So only what none of our own requests can explain is somebody
        else's: those under way, and those answered less than a window before it was sent.
        Requests of others count as sent just now; they may stay in the server's window for its
        whole length. If a later answer tells of fewer, the rest was in an earlier window.

        Args:
            now: when the answer came.
            remaining: requests that the server still allows in its current window.
            sent: when the request was sent that this is the answer to.
        """
        if self.limit is None or sent < now - REMEMBERED:
            return
        self._forget_old(now)
        counted = self.limit - max(remaining, 0)
        while len(self._others) > counted and self._others[-1] < sent:
            self._others.pop()
        late = sum(1 for moment in self._left if moment >= sent - self.length)
        own = self._in_flight + len(self._answered) + late
        self._others.extend([now] * (counted - own - len(self._others)))

    def _forget_old(self, now: float) -> None:
        while self._answered and self._answered[0] <= now - self.length:
            self._left.append(self._answered.popleft())
        while self._left and self._left[0] < now - self.length - REMEMBERED:
            self._left.popleft()
        while self._others and self._others[0] <= now - self.length:
            self._others.popleft()
