"""Telling which records are gone, in Singer's way: versions and ACTIVATE_VERSION.

A full read gives all its records a new version. When it has come to its end, the message
ACTIVATE_VERSION says that whatever has an older one is gone. Records that are read in between carry
the version of the last full read: without one, no later full read would clear them away.

Versions are seconds since 1970, as the SDK makes them: SQL targets keep them in 32 bits.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

__all__ = ["EMIT_ACTIVATE_VERSION", "LATER_START", "FullReads", "VersionedStream"]

EMIT_ACTIVATE_VERSION: th.Property[bool] = th.Property(
    "emit_activate_version_messages",
    th.BooleanType,
    default=True,
    title="Emit ACTIVATE_VERSION messages",
    description="Whether deletions are told: full reads have versions, and each ends with an "
    "ACTIVATE_VERSION message.",
)

VERSION, FAILED_VERSION = "version", "full_read_failed_version"
AT, FAILED_AT, START = "full_read_at", "full_read_failed_at", "full_read_start"
RETRY = timedelta(hours=1)
NOTHING_LEFT = "not one record is left (does the sign-in still have access?)"
LATER_START = (
    "start_date is later than at the last full read, and what it leaves out is not deleted; "
    "a run without state begins anew"
)


@dataclass(frozen=True)
class FullReads:
    """What a stream's state tells of its full reads; empty in the state of older plugins.

    Attributes:
        version: the version that records carry now.
        at: begin of the last full read that came to its end, by the clock of this machine.
        start: it left out what is older; None if nothing.
        failed_at: begin of a later one that did not come to its end.
        failed_version: the version of that one, which is never given again.
    """

    version: int | None = None
    at: datetime | None = None
    start: datetime | None = None
    failed_at: datetime | None = None
    failed_version: int | None = None

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> FullReads:
        """What a stream's part of the state tells."""
        at, start, failed_at = (
            datetime.fromisoformat(state[name]) if state.get(name) else None
            for name in (AT, START, FAILED_AT)
        )
        return cls(state.get(VERSION), at, start, failed_at, state.get(FAILED_VERSION))

    def put(self, state: MutableMapping[str, Any]) -> None:
        """Write it into a stream's part of the state."""
        kept = {
            VERSION: self.version,
            AT: text_of(self.at),
            START: text_of(self.start),
            FAILED_AT: text_of(self.failed_at),
            FAILED_VERSION: self.failed_version,
        }
        for name, value in kept.items():
            state.pop(name, None)
            if value is not None:
                state[name] = value

    @property
    def newest_version(self) -> int:
        """The greatest version that was ever given; 0 if none was."""
        return max(self.version or 0, self.failed_version or 0)

    def is_due(self, now: datetime, hours: float) -> bool:
        """Whether the last full read is older than so many hours; never where these are 0.

        One that failed is tried again after an hour, for it may cost as much as it did.
        A time in the future is one of a clock that was wrong.
        """
        if not hours or is_within(RETRY, self.failed_at, now):
            return False
        return not is_within(timedelta(hours=hours), self.at, now)

    def leaves_out(self, start: datetime | None) -> bool:
        """Whether reading from this start leaves out what the last full read has given."""
        if self.at is None or start is None:
            return False
        return self.start is None or start > self.start

    def ended(self, version: int, at: datetime, start: datetime | None = None) -> FullReads:
        """After a full read that came to its end."""
        return FullReads(version, at, start)

    def failed(self, version: int, at: datetime) -> FullReads:
        """After a full read that did not; records go on with the version that is active."""
        return replace(self, version=self.version or version, failed_at=at, failed_version=version)


def text_of(time: datetime | None) -> str | None:
    """A time for the state, in UTC."""
    return None if time is None else time.astimezone(timezone.utc).isoformat()


def is_within(age: timedelta, time: datetime | None, now: datetime) -> bool:
    """Whether a time lies no longer ago than this, and not in the future."""
    return time is not None and timedelta() <= now - time < age


class VersionedStream(Stream, ABC):
    """A stream whose records have versions."""

    @property
    def emit_activate_version_messages(self) -> bool:
        """False: the SDK would send the message before the first record. See `end_full_read`."""
        return False

    @property
    def tells_deletions(self) -> bool:
        """Whether versions are wanted and possible: BATCH messages have none."""
        wanted = self.config.get("emit_activate_version_messages", True)
        return bool(wanted) and self.get_batch_config(self.config) is None

    @property
    def began(self) -> datetime:
        """When this run began, by the clock of this machine."""
        return datetime.fromtimestamp(self._initialized_at / 1000, tz=timezone.utc)

    @property
    def full_reads(self) -> FullReads:
        """What the state tells of this stream's full reads."""
        return FullReads.of_state(self.stream_state)

    def carry(self, version: int | None) -> None:
        """Give the records from here on this version."""
        self._stream_version = version

    def carry_new(self) -> int:
        """Give the records from here on a new version, greater than every one before."""
        version = max(self._initialized_at // 1000, self.full_reads.newest_version + 1)
        self.carry(version)
        return version

    def end_full_read(
        self,
        version: int,
        *,
        number: int,
        doubt: str | None = None,
        start: datetime | None = None,
    ) -> bool:
        """End a full read: tell that what has an older version is gone, and note it in the state.

        Nothing is told where there were records before and none is left: that is far more likely a
        lost permission than the truth.

        Args:
            version: version of the full read.
            number: how many records it has given.
            doubt: why it may lack records that are not gone, for the log.
            start: it left out what is older.

        Returns:
            Whether it was told.
        """
        reads = self.full_reads
        if not number and reads.at is not None:
            doubt = doubt or NOTHING_LEFT
        if doubt:
            self.logger.warning("%s: nothing counts as deleted, since %s", self.name, doubt)
            reads = reads.failed(version, self.began)
        elif number:
            self._write_activate_version_message(version)
            reads = reads.ended(version, self.began, start)
        else:
            reads = replace(reads, version=version)
        reads.put(self.stream_state)
        return bool(number) and not doubt
