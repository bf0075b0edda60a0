"""How far a stream was read, and what of its last moments was given already.

The bookmark is the latest `updatedAt` that was seen. A change may become visible only after later
ones have: its transaction got its time first and was committed last. So the next run reads again
from some time before the bookmark. The state keeps which records were seen there, and a digest of
each, so that what has not changed since is not given once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from tap_crmoffice.contract import ID, UPDATED_AT
from tap_crmoffice.instants import bookmark_of, instant

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

__all__ = ["MOST_REMEMBERED", "Bookmark", "Given"]

MOST_REMEMBERED = 1000  # records of a stream; what goes beyond comes again, which does no harm
DIGEST_BYTES = 8
KEY, VALUE, OVERLAP = "replication_key", "replication_key_value", "overlap"
BEFORE_ALL = datetime.min.replace(tzinfo=timezone.utc)

Record = dict[str, Any]

encoder = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True)
class Bookmark:
    """A bookmark and what was given of the overlap before it.

    Attributes:
        moment: the latest `updatedAt` that was seen, in UTC; None before the first run.
        sure: what was visible at this moment was seen; None stands for the bookmark.
        given: digest by id of the records that were given.
    """

    moment: datetime | None = None
    sure: datetime | None = None
    given: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Bookmark:
        """What a stream's part of the state tells; that of earlier releases has no overlap.

        An overlap that belongs to another bookmark does not count: somebody has set this one.
        """
        value, kept = state.get(VALUE), state.get(OVERLAP)
        if not isinstance(kept, dict) or kept.get("bookmark") != value:
            return cls(instant(value))
        return cls(instant(value), instant(kept.get("sure")), kept.get("given", {}))

    def put(self, state: MutableMapping[str, Any]) -> None:
        """Write it into a stream's part of the state; nothing where there is no bookmark."""
        if self.moment is None:
            return
        value, sure = bookmark_of(self.moment), bookmark_of(self.sure or self.moment)
        kept = {"bookmark": value, "sure": sure, "given": dict(self.given)}
        state.update({KEY: UPDATED_AT, VALUE: value, OVERLAP: kept})

    def moved(self, moment: datetime | None, seconds: float) -> Bookmark:
        """The bookmark after another run that saw all there was, without what it has given.

        That was so when it began to read the list: the last record that it saw is younger by no
        more than the seconds that it took, and the last one of the run before is older.
        """
        if moment is None:
            return self
        began = moment - timedelta(seconds=seconds)
        return Bookmark(moment, min(moment, max(began, self.moment or began)))

    def since(self, overlap: timedelta) -> datetime | None:
        """From when on the next run reads; without an overlap, from the bookmark itself."""
        moment = (overlap and self.sure) or self.moment
        return moment and moment - overlap


class Given:
    """The newest records that a run has seen, as they were given last.

    Args:
        before: digest by id of the records that earlier runs have given.
    """

    def __init__(self, before: Mapping[str, str] | None = None) -> None:
        self.latest: datetime | None = None
        """The latest `updatedAt` of a record that was seen."""
        self._unseen = dict(before or {})
        self._seen: dict[str, tuple[datetime | None, str]] = {}

    def is_news(self, record: Record, until: datetime | None) -> bool:
        """Note a record; say whether it was not given yet as it is.

        Args:
            record: with an id.
            until: when it was updated, at the latest; None where it does not tell.
        """
        key, digest = record[ID], digest_of(record)
        _, known = self._seen.pop(key, (None, self._unseen.pop(key, None)))
        self._seen[key] = until, digest
        moment = instant(record.get(UPDATED_AT))
        if moment is not None and (self.latest is None or moment > self.latest):
            self.latest = moment
        if len(self._seen) > 2 * MOST_REMEMBERED:
            self._seen = self._newest()
        return known != digest

    def since(self, moment: datetime | None, *, missed: bool = False) -> dict[str, str]:
        """Digest by id of what the next run will see again, of the newest where it is too much.

        Args:
            moment: from when on that run reads.
            missed: whether records may have been missed that are still there.
        """
        given = {
            key: digest
            for key, (until, digest) in self._newest().items()
            if until is None or moment is None or until >= moment
        }
        for key, digest in self._unseen.items() if missed else ():
            if len(given) < MOST_REMEMBERED:
                given[key] = digest
        return given

    def _newest(self) -> dict[str, tuple[datetime | None, str]]:
        if len(self._seen) <= MOST_REMEMBERED:
            return self._seen
        in_order = sorted(self._seen.items(), key=lambda each: each[1][0] or BEFORE_ALL)
        return dict(in_order[-MOST_REMEMBERED:])


def digest_of(record: Record) -> str:
    """A short text that is another one for another record, whatever the order of properties."""
    return blake2b(encoder.encode(record), digest_size=DIGEST_BYTES).hexdigest()
