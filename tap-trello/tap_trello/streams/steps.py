"""What is read of a place, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_rest import RecordRefused

    from tap_trello.marks import Mark, Place
    from tap_trello.streams.base import Record

__all__ = ["Page", "Step"]


@dataclass(frozen=True)
class Page:
    """Some records of a place.

    Attributes:
        ids: the ids of all records on this page.
        records: those of them that are to be given.
        bookmark: the latest activity of a card on it.
        content: what tells all records of the place from what they were before, if that is known.
    """

    ids: Sequence[str]
    records: Sequence[Record]
    bookmark: str | None = None
    content: str | None = None

    @classmethod
    def of_all(cls, records: Sequence[Record], before: Mark) -> Page:
        """All records of a place on one page; none to be given if all are as before."""
        content = digest_of(records)
        ids = [each["id"] for each in records]
        return cls(ids, () if content == before.content else records, content=content)


@dataclass(frozen=True)
class Step:
    """A page of a place; after the last one comes a step without, or with a refusal."""

    place: Place
    page: Page | None = None
    refusal: RecordRefused | None = None


def digest_of(records: Sequence[Record]) -> str:
    """What tells records from others; their order counts."""
    return blake2b(msgspec.json.encode(records), digest_size=8).hexdigest()
