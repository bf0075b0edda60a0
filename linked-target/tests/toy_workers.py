"""Workers without threads: which request is carried out when is up to a seed.

So a test goes through the same interleaving whenever it gets the same seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Finished = tuple[Any, Any, "BaseException | None"]


class SeededWorkers:
    """Stands in for `linked_target.sync.workers.Workers`.

    Args:
        most: number of requests under way at most.
        chance: decides when a request reaches the other system, and when its answer comes back.
    """

    def __init__(self, most: int, chance: random.Random) -> None:
        self.busy = 0
        self.busiest = 0
        self._most = most
        self._chance = chance
        self._sent: list[tuple[Any, Callable[[], Any]]] = []
        self._answered: list[Finished] = []

    def begin(self, label: Any, action: Callable[[], Any]) -> None:
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        assert self.busy <= self._most, "more requests under way than allowed"
        self._sent.append((label, action))
        if self._chance.random() < 0.3:
            self._arrive()

    def finished(self, timeout: float | None = None) -> list[Finished]:
        del timeout
        if not self.busy:
            return []
        for _ in range(self._chance.randint(0, len(self._sent))):
            self._arrive()
        if not self._answered:
            self._arrive()
        self._chance.shuffle(self._answered)
        told = self._chance.randint(1, len(self._answered))
        found, self._answered = self._answered[:told], self._answered[told:]
        self.busy -= len(found)
        return found

    def close(self) -> None:
        """There is nothing to end."""

    def _arrive(self) -> None:
        """Carry out any of the requests that were sent."""
        label, action = self._sent.pop(self._chance.randrange(len(self._sent)))
        try:
            self._answered.append((label, action(), None))
        except BaseException as error:  # noqa: BLE001 - told to the driver, as the real ones do
            self._answered.append((label, None, error))
