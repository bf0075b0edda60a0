"""What a run has created, or tried to: for telling what creations without an answer have made."""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

__all__ = ["Creations"]


class Creations:
    """Attempts to create records, of any number of threads.

    Many lost answers can be looked for in one list, as long as it was read after the last attempt
    at each of them: whatever else was created since does not matter.
    """

    def __init__(self) -> None:
        self._moments = itertools.count()
        self._open: dict[Hashable, float] = {}
        """When creations ended that got no answer; infinite for those that are under way."""
        self._made: dict[str, Hashable] = {}
        self._answered: set[Hashable] = set()
        self._readers = 0
        self._under_way = 0
        self._changed = threading.Condition()

    @contextmanager
    def attempt(self, key: Hashable) -> Iterator[Callable[[str], None]]:
        """Surround an attempt; call what it gives with the new record's id once that is known.

        Args:
            key: tells what is to be created.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._readers)
            self._under_way += 1
            self._open[key] = float("inf")
        made: list[str] = []
        succeeded = False
        try:
            yield made.append
            succeeded = True
        finally:
            with self._changed:
                self._under_way -= 1
                if succeeded:
                    self._open.pop(key, None)
                    self._made.update(dict.fromkeys(made, key))
                    self._answered.update([key] if made else ())
                else:
                    self._open[key] = next(self._moments)
                self._changed.notify_all()

    @contextmanager
    def none_under_way(self) -> Iterator[None]:
        """Wait for attempts that are under way, and let no other begin meanwhile."""
        with self._changed:
            self._readers += 1
            self._changed.wait_for(lambda: not self._under_way)
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    def now(self) -> int:
        """The moment at which something begins to be read."""
        with self._changed:
            return next(self._moments)

    def shows(self, key: Hashable, read_at: int) -> bool:
        """Whether what began to be read at that moment shows what attempts at it have made."""
        with self._changed:
            return self._open.get(key, -1) < read_at

    def is_others(self, record_id: str, key: Hashable) -> bool:
        """Whether a record is the answer to the creation of something else."""
        with self._changed:
            return self._made.get(record_id, key) != key

    def is_answered(self, key: Hashable) -> bool:
        """Whether the record of a creation is known."""
        with self._changed:
            return key in self._answered

    def open_beside(self, key: Hashable) -> frozenset[Hashable]:
        """What else is being created, or got no answer."""
        with self._changed:
            return frozenset(self._open.keys() - {key})
