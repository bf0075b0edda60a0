"""Reading everything again now and then, for what leaves no trace where one looks for changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from singer_rest.versions import is_within

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

__all__ = ["SWEEP_HOURS", "Sweeps"]

SWEEP_HOURS = 24  # between two sweeps, unless the setting says otherwise
# In a stream's part of the state.
AT, BEGUN, VERSIONED = "swept_at", "sweep", "sweep_tells_deletions"


@dataclass(frozen=True)
class Sweeps:
    """What a stream's state tells of its sweeps.

    Attributes:
        at: begin of the last one that came to its end, by the clock of this machine.
        begun: number of one that did not; the next run goes on with it.
        is_versioned: whether the records of that one have its number for a version.
    """

    at: datetime | None = None
    begun: int | None = None
    is_versioned: bool = False

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Sweeps:
        """What a stream's part of the state tells."""
        at = state.get(AT)
        return cls(
            datetime.fromisoformat(at) if at else None,
            state.get(BEGUN),
            bool(state.get(VERSIONED)),
        )

    def put(self, state: MutableMapping[str, Any]) -> None:
        """Write it into a stream's part of the state."""
        for name in (AT, BEGUN, VERSIONED):
            state.pop(name, None)
        if self.at is not None:
            state[AT] = self.at.astimezone(timezone.utc).isoformat()
        if self.begun is not None:
            state[BEGUN] = self.begun
            state[VERSIONED] = self.is_versioned

    def is_due(self, now: datetime, hours: float) -> bool:
        """Whether one was begun, or the last one is older than so many hours.

        A time in the future is one of a clock that was wrong.
        """
        return self.begun is not None or not is_within(timedelta(hours=hours), self.at, now)
