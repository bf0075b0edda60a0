"""The requests of a client, counted, and how long they had to wait."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Traffic"]


class Traffic:
    """What a client has sent. Any number of threads, and of clients, may share it."""

    def __init__(self) -> None:
        self.sent = 0
        """All so far, each attempt of its own."""
        self.under_way = 0
        """Those that have no answer yet."""
        self.too_many = 0
        """Answers so far that said: too many requests."""
        self.seconds_waited = 0.0
        """How long requests waited for the quota so far, added up, in seconds."""
        self._counting = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request that is sent and answered within."""
        with self._counting:
            self.sent += 1
            self.under_way += 1
        try:
            yield
        finally:
            with self._counting:
                self.under_way -= 1

    def note_wait(self, seconds: float) -> None:
        """Add the time that a request waited for the quota."""
        with self._counting:
            self.seconds_waited += seconds

    def note_too_many(self) -> None:
        """Count an answer that said: too many requests."""
        with self._counting:
            self.too_many += 1
