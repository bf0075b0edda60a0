"""Worker threads for requests. They end with the process, whatever they wait for."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Workers"]

Finished = tuple[Any, Any, "BaseException | None"]


class Workers:
    """Threads that are started as they are needed.

    Args:
        most: number of threads at most.
    """

    def __init__(self, most: int) -> None:
        self.busy = 0
        """Number of actions that were begun and whose end was not told yet."""
        self._most = most
        self._threads = 0
        self._actions: queue.SimpleQueue[tuple[Any, Callable[[], Any]] | None] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[Finished] = queue.SimpleQueue()

    def begin(self, label: Any, action: Callable[[], Any]) -> None:
        """Let a thread call `action`; its result comes back under the label."""
        self.busy += 1
        if self._threads < min(self.busy, self._most):
            self._threads += 1
            threading.Thread(target=self._work, daemon=True, name="linked-target").start()
        self._actions.put((label, action))

    def finished(self, timeout: float | None = None) -> list[Finished]:
        """Wait for the end of an action; return label, result and error of all that ended.

        Args:
            timeout: seconds to wait at most; nothing is returned when they are over.
        """
        if not self.busy:
            return []
        try:
            found = [self._finished.get(timeout=timeout)]
        except queue.Empty:
            return []
        while not self._finished.empty():
            found.append(self._finished.get())
        self.busy -= len(found)
        return found

    def close(self) -> None:
        """End the threads once they are done with what they do."""
        for _ in range(self._threads):
            self._actions.put(None)
        self._threads = 0

    def _work(self) -> None:
        while (item := self._actions.get()) is not None:
            label, action = item
            result: Finished
            try:
                result = (label, action(), None)
            except BaseException as error:  # noqa: BLE001 - told to the main thread
                result = (label, None, error)
            self._finished.put(result)
