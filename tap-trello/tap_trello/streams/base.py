"""What all streams of Trello share."""

from __future__ import annotations

import copy
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import NotFound, PlainStreamErrors, computed_once
from singer_rest.versions import VersionedStream
from singer_rest.watched import WatchedStream
from singer_sdk.helpers.conform import TypeConformanceLevel

from tap_trello.account import MAY_NOT_READ
from tap_trello.fields import selected_fields
from tap_trello.marks import PLACES
from tap_trello.sight import BOARDS, in_words
from tap_trello.sweeps import SWEEP_HOURS, Sweeps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_rest import RecordRefused, RestClient
    from singer_sdk.helpers.types import Context

    from tap_trello.account import Account
    from tap_trello.fields import Fields
    from tap_trello.sight import Sight
    from tap_trello.tap import TapTrello

__all__ = ["RECORDS", "Record", "TrelloStream", "WholeStream"]

Record = dict[str, Any]

RECORDS = "records"  # in the state of earlier releases
RECORDS_PER_STATE, SECONDS_PER_STATE = 10_000, 30.0


class TrelloStream(PlainStreamErrors, WatchedStream, VersionedStream, ABC):
    """A stream of Trello: the key is `id`, and records are passed on as they were answered."""

    STATE_MSG_FREQUENCY = sys.maxsize  # not between any two records, see `write_state_by_and_by`
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    records_per_state: ClassVar[int] = RECORDS_PER_STATE
    added: ClassVar[tuple[str, ...]] = ()
    """Properties of the records that Trello does not know."""
    optional_at: ClassVar[tuple[str, ...]] = ()
    """Kinds of places where Trello may refuse these records though it shows the place."""

    def __init__(self, tap: TapTrello) -> None:
        super().__init__(tap)
        self._trello_tap = tap
        self._since_state = 0
        self._state_at = time.monotonic()
        self.refused: set[str] = set()
        """Ids of places that refuse these records."""

    @property
    def account(self) -> Account:
        """What the run covers; not needed to tell what streams there are."""
        return self._trello_tap.account

    @property
    def measured_clients(self) -> Iterable[RestClient]:
        """The one client of the run."""
        return (self.account.client,)

    @property
    def sight(self) -> Sight:
        """What became of places that earlier runs have read."""
        return self._trello_tap.sight

    @computed_once
    def fields(self) -> Fields:
        """The fields to ask Trello for."""
        return selected_fields(self, self.added)

    def may_refuse(self, kind: str, refusal: RecordRefused) -> bool:
        """Whether a place of some kind may refuse its records like this, and the run goes on."""
        return kind in self.optional_at and refusal.status in MAY_NOT_READ

    def note_refused(self, kind: str, place: str, refusal: RecordRefused) -> None:
        """Go on without a place that is gone, or that may refuse its records.

        Raises:
            RecordRefused: when it may not.
        """
        if not isinstance(refusal, NotFound) and not self.may_refuse(kind, refusal):
            raise refusal
        if place not in self.refused:
            words = f"{in_words(kind)} {place}"
            self.logger.warning("%s: nothing is read of %s (%s)", self.name, words, refusal)
        self.refused.add(place)

    def doubt_about_places(self, known: Mapping[str, Collection[str]]) -> str | None:
        """Why records in the known places may be neither read nor deleted; None if there are none.

        Args:
            known: ids of the places that earlier runs have read, by kind.
        """
        hidden = self.sight.hidden(known)
        if hidden is None:
            return None
        return (
            f"{hidden} was read before and is out of sight now (access lost, or left out by the "
            "settings), which deletes nothing; a run without state begins anew"
        )

    @property
    def sweeps(self) -> Sweeps:
        """What the state tells of this stream's sweeps."""
        return Sweeps.of_state(self.stream_state)

    @property
    def is_sweep_due(self) -> bool:
        """Whether everything is to be read again, or reading everything was broken off."""
        return self.sweeps.is_due(self.began, self.sweep_hours)

    @property
    def sweep_hours(self) -> int:
        """Hours between sweeps."""
        hours: int = self.config.get("sweep_hours", SWEEP_HOURS)
        return hours

    def begin_sweep(self, *, anew: bool = False) -> int:
        """Begin to read everything, or go on where a run broke off; return the sweep's number.

        If deletions are told, that is the version of its records.

        Args:
            anew: whether to forget what a run that broke off has read.
        """
        if anew or self.sweeps.is_versioned != self.tells_deletions:
            self.forget_begun_sweep()
        number = self.sweeps.begun
        if number is None:
            number = self.carry_new()
            begun = replace(self.sweeps, begun=number, is_versioned=self.tells_deletions)
            begun.put(self.stream_state)
        self.carry(number if self.tells_deletions else None)
        return number

    def end_sweep(
        self,
        number: int,
        *,
        count: int,
        doubt: str | None = None,
        start: datetime | None = None,
    ) -> bool:
        """End a sweep: tell that what it did not give is gone.

        Args:
            number: the sweep's.
            count: how many records there are.
            doubt: why some that are not gone may lack, for the log.
            start: it left out what is older.

        Returns:
            Whether it was told, or nothing is ever told.
        """
        Sweeps(at=self.began).put(self.stream_state)
        if not self.tells_deletions:
            return True
        return self.end_full_read(number, number=count, doubt=doubt, start=start)

    def note_sweep(self) -> None:
        """Note that everything was read or looked through, though not to tell what is gone."""
        self.forget_begun_sweep()
        replace(self.sweeps, at=self.began).put(self.stream_state)

    def forget_begun_sweep(self) -> None:
        """Don't go on with a sweep that was begun; its version is never given again."""
        begun = self.sweeps.begun
        replace(self.sweeps, begun=None).put(self.stream_state)
        if begun is not None and self.tells_deletions:
            self.full_reads.failed(begun, self.began).put(self.stream_state)

    def carry_last(self) -> None:
        """Give the records from here on a version that the next full read does not delete."""
        if not self.tells_deletions:
            self.carry(None)
            return
        reads = self.full_reads
        if reads.version is None:
            reads = replace(reads, version=self.sweeps.begun or self.carry_new())
            reads.put(self.stream_state)
        # What a sweep that was begun has read already is not given again: it must not get older.
        self.carry(self.sweeps.begun or reads.version)

    def write_state_by_and_by(self, records: int) -> None:
        """Write the state if the last one is some records or seconds ago.

        Call it where the state holds for all records that were given: a target may keep these and
        a later run go on from here.

        Args:
            records: how many were given since the last call.
        """
        self._since_state += records
        now = time.monotonic()
        is_long_ago = now - self._state_at >= SECONDS_PER_STATE
        if self._since_state >= self.records_per_state or (self._since_state and is_long_ago):
            self._write_state_message()
            self._since_state, self._state_at = 0, now


class WholeStream(TrelloStream, ABC):
    """A stream that every run reads from beginning to end: it is small."""

    kinds_of_places: ClassVar[tuple[str, ...]] = (BOARDS,)
    """Where its records lie: if such a place is out of sight, they are, too."""

    @abstractmethod
    def read(self) -> Iterable[Record]:
        """Every record; the SDK must not prune what others use as well."""

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Every record, with a new version; at the end tell that all others are gone."""
        del context
        if not self.tells_deletions:
            yield from self.read()
            return
        version = self.carry_new()
        number = 0
        for record in self.read():
            number += 1
            yield record
        known: dict[str, list[str]] = self.stream_state.get(PLACES, {})
        doubt = self.doubt_about_places(known) or self._doubt_about_refused(known)
        told = self.end_full_read(version, number=number, doubt=doubt)
        self.stream_state[PLACES] = {
            kind: sorted(self._read_of(kind).union([] if told else known.get(kind, [])))
            for kind in self.kinds_of_places
        }

    def _read_of(self, kind: str) -> set[str]:
        return self.sight.covered(kind) - self.refused

    def _doubt_about_refused(self, known: Mapping[str, Collection[str]]) -> str | None:
        """Why what was known of refused places is not gone; None if nothing was."""
        for kind, ids in known.items():
            for place in self.refused.intersection(ids):
                return f"{in_words(kind)} {place} can't be read any more"
        return None

    def copies(self, records: Iterable[Record]) -> Iterator[Record]:
        """Records that others use as well, in a form that the SDK may prune."""
        return map(copy.deepcopy, records)
