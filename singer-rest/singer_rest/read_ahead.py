"""Reading several sources at the same time, though their items are wanted one after the other."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Source = Callable[[], "Iterable[T]"]

__all__ = ["ReadAhead"]

T = TypeVar("T")

IDLE = 2.0  # seconds after which a thread without work ends


class ReadAhead:
    """Threads that read what will be wanted next, and no further than that.

    They are kept from one call to the next, with the connections that belong to them.

    Args:
        threads: sources that are read at the same time, at most; two or more.
        ahead: items of each that wait to be taken, at most; the next one is read when one is taken.
    """

    def __init__(self, threads: int = 8, ahead: int = 1) -> None:
        self._threads = threads
        self._ahead = ahead
        self._work: queue.SimpleQueue[_Reading[Any]] = queue.SimpleQueue()
        self._counting = threading.Lock()
        self._alive = 0
        self._busy = 0

    def items(self, sources: Iterable[Source[T]], *, at_once: int | None = None) -> Iterator[T]:
        """Give the items of all sources, source by source.

        A single source is read by the thread that asks. An error that a source raises is raised
        in its place. When nobody takes further items, the threads stop at their next one.

        Args:
            sources: each is called by one of the threads; what it returns is read by it.
            at_once: sources that are read at the same time, if fewer than there are threads: memory
                holds an item of each.
        """
        waiting = iter(sources)
        first, second = next(waiting, None), next(waiting, None)
        if first is None:
            return
        if second is None:
            yield from first()
            return
        readings = deque([self._begin(first), self._begin(second)])
        most = min(at_once or self._threads, self._threads)
        try:
            while readings:
                while len(readings) < most and (source := next(waiting, None)):
                    readings.append(self._begin(source))
                yield from readings[0].taken()
                readings.popleft()
        finally:
            for reading in readings:
                reading.stop()

    def _begin(self, source: Source[T]) -> _Reading[T]:
        reading = _Reading(source, self._ahead)
        with self._counting:
            self._busy += 1
            if self._busy > self._alive:
                self._alive += 1
                threading.Thread(target=self._read, name="read-ahead", daemon=True).start()
        self._work.put(reading)
        return reading

    def _read(self) -> None:
        while True:
            try:
                reading = self._work.get(timeout=IDLE)
            except queue.Empty:
                with self._counting:
                    if self._busy < self._alive:
                        self._alive -= 1
                        return
                continue
            reading.fill()
            with self._counting:
                self._busy -= 1


class _Reading(Generic[T]):
    """What one thread reads and another one takes."""

    def __init__(self, source: Source[T], ahead: int) -> None:
        self._source = source
        self._ahead = ahead
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._is_over = self._is_stopped = False
        self._error: BaseException | None = None

    def fill(self) -> None:
        """Read the source to its end, or until nobody wants more."""
        try:
            for item in () if self._is_stopped else self._source():
                if not self._put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - raised where the items are taken
            self._error = None if self._is_stopped else error
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def taken(self) -> Iterator[T]:
        """Give the items as they come."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._is_over)
                if not self._items:
                    break
                item = self._items.popleft()
                self._changed.notify()
            yield item
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # or it would refer to itself, with all that it holds open

    def stop(self) -> None:
        """Want no further items."""
        with self._changed:
            self._is_stopped = True
            self._error = None
            self._changed.notify()

    def _put(self, item: T) -> bool:
        with self._changed:
            self._items.append(item)
            self._changed.notify()
            self._changed.wait_for(lambda: self._is_stopped or len(self._items) < self._ahead)
            return not self._is_stopped
