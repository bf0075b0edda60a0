"""One link, and the names of its states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

from linked_target.records import Record, decoded

__all__ = [
    "INTENT",
    "LINKED",
    "ORPHANED",
    "PAIRED",
    "UNMATCHED",
    "Link",
    "Seen",
    "StreamPair",
    "link_of",
]

LINKED = "linked"
INTENT = "intent"
UNMATCHED = "unmatched"
ORPHANED = "orphaned"
PAIRED = "paired"
"""Linked by hand: at the next sight the values are merged like those of a fresh match."""


class StreamPair(NamedTuple):
    """A source stream and the destination stream it is mapped to."""

    source: str
    destination: str

    def reversed(self) -> StreamPair:
        """The same pair in the opposite direction."""
        return StreamPair(self.destination, self.source)


class Seen(NamedTuple):
    """What a quick look at a source record's link tells."""

    hash: bytes | None
    state: str
    gone: str | None


@dataclass(frozen=True)
class Link:
    """One link, seen from a direction.

    Attributes:
        id: of the row.
        source_id: id in the source system.
        destination_id: id in the destination; None while there is no partner.
        state: LINKED, INTENT (being created), UNMATCHED (no partner), ORPHANED (one of the two is
            gone) or PAIRED (joined by hand, not yet compared).
        source_record: the source's baseline; of an intent the record to be copied.
        destination_record: the destination's baseline; of an intent the values to be sent.
        created_at: when the row was made; for an intent, when its first attempt began.
        reason: why there is no partner, or what a person has to decide about an orphan.
        gone: of an orphan, the system whose record is gone.
    """

    id: int
    source_id: str
    destination_id: str | None
    state: str
    source_record: Record
    destination_record: Record
    created_at: datetime
    reason: str | None = None
    gone: str | None = None


def link_of(row: Any) -> Link:
    """The link of a row whose columns are those of `Ends.fields`."""
    created_at: datetime = row[6]
    if created_at.tzinfo is None:  # SQLite keeps no offset
        created_at = created_at.replace(tzinfo=timezone.utc)
    return Link(
        id=row[0],
        source_id=row[1],
        destination_id=row[2],
        state=row[3],
        source_record=decoded(row[4]) if row[4] else {},
        destination_record=decoded(row[5]) if row[5] else {},
        created_at=created_at,
        reason=row[7],
        gone=row[8],
    )
