"""The requests of a client, counted."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Traffic"]


class Traffic:
    """How many requests a client has sent. Any number of threads may share it."""

    def __init__(self) -> None:
        self.sent = 0
        """All so far, each attempt of its own."""
        self.under_way = 0
        """Those that have no answer yet."""
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
