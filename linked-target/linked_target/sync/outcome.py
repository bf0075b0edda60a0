"""What became of a record, and how many of each."""

from __future__ import annotations

import enum
from collections import Counter

__all__ = ["COLUMNS", "Outcome", "Tally"]


class Outcome(str, enum.Enum):
    """What became of one source record."""

    CREATED = "created"
    MATCHED = "matched"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    UNLINKED = "unlinked"
    """It has no partner and none may be created; it is tried again by each run."""
    HELD = "held"
    """Its edits can't be written now; they are kept."""
    CONFLICT = "in conflict"
    """Both sides edited one of its properties, and a person is to decide which of the two wins."""
    FAILED = "failed"
    ORPHANED = "orphaned"
    """Its partner is gone, or it is; the one that is left stays."""
    DELETED = "deleted"
    """It is gone, and its partner was deleted as well."""
    PARTNER_GONE = "partner gone"
    """It has no partner (any more) and may get a new one; not counted."""
    LEFT_OUT = "left out"
    """A filter leaves it out, or it belongs to another stream; it is not counted."""
    WAITS = "waits"
    """It refers to a record that is not linked yet."""


COLUMNS = (
    "read",
    "created",
    "matched",
    "updated",
    "unchanged",
    "unlinked",
    "held",
    "in conflict",
    "orphaned",
    "deleted",
    "failed",
)
NOT_COUNTED = frozenset({Outcome.LEFT_OUT, Outcome.WAITS, Outcome.PARTNER_GONE})


class Tally:
    """Counts of one pair of streams in one run."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def read(self, number: int = 1) -> None:
        """Count records that arrived and that the map lets through."""
        self.counts["read"] += number

    def add(self, outcome: Outcome, number: int = 1) -> None:
        """Count records by what became of them."""
        if outcome not in NOT_COUNTED:
            self.counts[outcome.value] += number

    def as_dict(self) -> dict[str, int]:
        """All columns, in order, with zeros."""
        return {column: self.counts[column] for column in COLUMNS}
