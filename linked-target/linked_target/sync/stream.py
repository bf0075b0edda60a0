"""The sync of one source stream into one destination stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from singer_rest import OutcomeUnknown

from linked_target.records import record_hash
from linked_target.store.links import INTENT, LINKED, ORPHANED, PAIRED, UNMATCHED
from linked_target.store.queue import FAILED, WAITING
from linked_target.sync.attach import Attaching
from linked_target.sync.attempts import Attempts
from linked_target.sync.deletions import Deletions
from linked_target.sync.leftovers import Leftovers
from linked_target.sync.newcomer import Newcomer
from linked_target.sync.outcome import Outcome
from linked_target.sync.update import Updating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linked_target.records import Record
    from linked_target.store.links import Link, Seen
    from linked_target.sync.direction import StreamLink
    from linked_target.sync.outcome import Tally
    from linked_target.sync.steps import Steps

__all__ = ["StreamSync"]

DONE_STATES = frozenset({LINKED, UNMATCHED, ORPHANED})
PAUSES = (0.0, 2.0)
"""Seconds before each time that what a creation without an answer has made is looked for."""


class StreamSync:
    """Writes batches of records, and at the end of the input what had to wait.

    Args:
        between: the two streams and how they are linked.
        key_properties: the source stream's; they make a record's id.
    """

    def __init__(self, between: StreamLink, key_properties: Sequence[str]) -> None:
        self.between = between
        self._keys = key_properties
        self._driver = between.direction.driver
        self._links = between.direction.links
        self._attaching = Attaching(between)
        self._updating = Updating(between)
        self._attempts = Attempts(between)
        self._leftovers = Leftovers(between, self._attempts, self._updating, self._one, self._id_of)
        self.deletions = Deletions(between, self._attempts, self._attaching)
        self._checked = False

    @property
    def tally(self) -> Tally:
        """Counts of this run."""
        return self._attempts.tally

    @property
    def errors(self) -> list[str]:
        """One line for each record that failed in this run."""
        return self._attempts.errors

    def continue_from(self, earlier: StreamSync) -> None:
        """Take over what an earlier part of this run did, before the schema changed."""
        self._attempts.continue_from(earlier._attempts)
        self.deletions = earlier.deletions

    def write(self, records: Sequence[Record], version: int | None = None) -> None:
        """Sync a batch; of several versions of one record the last counts.

        Args:
            records: records as they arrived.
            version: version of the full read that they belong to, if any.

        Raises:
            PluginError: when nothing further can succeed; what was written is stored.
        """
        self._check_names(records)
        latest: dict[str, Record] = {}
        for record in filter(self.between.shares, records):
            source_id = self._id_of(record)
            if source_id is None:
                self.tally.read()
                if version is not None:
                    self.deletions.doubt(version)
            else:
                latest.pop(source_id, None)
                latest[source_id] = record
        if version is not None:
            self.deletions.seen(version, latest.keys())
        changed = self._without_unchanged(latest)
        if changed:
            links = self._links.by_source(self.between.pair, changed.keys())
            elsewhere = self._links.linked_elsewhere(self.between.pair, changed.keys())
            self._driver.run(
                self._sync(source_id, record, links.get(source_id))
                for source_id, record in changed.items()
                if source_id not in elsewhere
            )
        self._updating.flush()

    def sort_out(self) -> None:
        """Look again at what waits, failed before or has no partner.

        With a limit for creations this tells how many there will be.

        Raises:
            PluginError: when nothing further can succeed.
        """
        self.deletions.forget_loose()
        for status in (WAITING, FAILED):
            self._leftovers.queued(status)
        for state in (INTENT, UNMATCHED):
            self._leftovers.in_state(state)

    def finish(self) -> None:
        """Do what was put off, look for lost answers, and write what waits on links.

        Raises:
            PluginError: when nothing further can succeed.
        """
        last = len(PAUSES) - 1
        for number, pause in enumerate(PAUSES):
            self._attempts.gives_up = number == last
            if number and not self._attempts.unanswered:
                break
            time.sleep(pause)
            self._leftovers.queued(WAITING)
        self._leftovers.open_properties()
        self._updating.flush()
        self._driver.run([self._attaching.return_edits()])

    def _check_names(self, records: Sequence[Record]) -> None:
        if not self._checked and self.between.map.names_undeclared:
            known = next(self._links.in_state(self.between.pair, LINKED), [])
            baselines = [link.source_record for link in known]
            self.between.map.check_undeclared([*records, *baselines])
        self._checked = True

    def _id_of(self, record: Record) -> str | None:
        """The record's id; None where it has none, which is a failure of this record."""
        parts = [record.get(key) for key in self._keys]
        if parts and None not in parts and "" not in parts:
            return "|".join(map(str, parts))
        wanted = " and ".join(f"'{key}'" for key in self._keys) or "a key: its stream declares none"
        unnamed = f"without key {record_hash(record).hex()}"
        self._attempts.fail(unnamed, record, f"it lacks {wanted}")
        return None

    def _without_unchanged(self, latest: dict[str, Record]) -> dict[str, Record]:
        """Drop records that equal their baseline; no map, no validation and no request for them."""
        seen = self._links.seen(self.between.pair, latest.keys())
        changed: dict[str, Record] = {}
        unchanged: list[str] = []
        for source_id, record in latest.items():
            known = seen.get(source_id)
            if known and self._is_done(known) and known.hash == record_hash(record):
                unchanged.append(source_id)
            else:
                changed[source_id] = record
        self.tally.read(len(unchanged))
        self.tally.add(Outcome.UNCHANGED, len(unchanged))
        settled = self._attempts.queued.intersection(unchanged)
        if settled:
            self._attempts.dequeue(settled)
        return changed

    def _is_done(self, seen: Seen) -> bool:
        """Whether nothing is to do while the record stays the same."""
        return seen.state in DONE_STATES and seen.gone != self.between.direction.source

    def _sync(self, source_id: str, record: Record, link: Link | None) -> Steps[None]:
        steps = self._one(source_id, record, link, final=False)
        outcome = yield from self._attempts.attempt(source_id, record, steps)
        if outcome is not Outcome.LEFT_OUT:
            self.tally.read()

    def _one(
        self, source_id: str, record: Record, link: Link | None, *, final: bool
    ) -> Steps[Outcome]:
        """Sync one record.

        Args:
            source_id: its id.
            record: the record as it arrived.
            link: its row in the link store, if it has one.
            final: whether no further record is to come that it may refer to.
        """
        if link is not None and link.state == ORPHANED:
            link = yield from self._updating.revive(link)
            if link is None:
                return Outcome.UNCHANGED
        if link is not None and link.state in {LINKED, INTENT}:
            outcome = yield from self._one_begun(link, record, final=final)
            if outcome is not Outcome.PARTNER_GONE:
                return outcome
            link = self._links.by_source(self.between.pair, [source_id]).get(source_id)
        return (yield from self._one_new(source_id, record, link, final=final))

    def _one_begun(self, link: Link, record: Record, *, final: bool) -> Steps[Outcome]:
        """Sync a record that has a partner, or may have got one by a creation without answer."""
        if link.state == LINKED:
            return (yield from self._one_linked(link, record, final=final))
        adopted = yield from self._attaching.adopt(link)
        if adopted is None and link.source_id in self._attempts.unanswered:
            words = self._attempts.unanswered[link.source_id]
            raise OutcomeUnknown(
                f"{words}; nothing that it may have led to is found, and the next run looks again "
                "before it creates anything"
            )
        if adopted is None:
            return Outcome.PARTNER_GONE
        outcome = yield from self._updating.update(adopted, record, final=final)
        return outcome if outcome is Outcome.WAITS else Outcome.CREATED

    def _one_new(
        self, source_id: str, record: Record, link: Link | None, *, final: bool
    ) -> Steps[Outcome]:
        """Sync a record that has no partner."""
        values = self.between.map.values(record)
        if values is None:
            return Outcome.LEFT_OUT
        known, unknown = self.between.translated(values)
        if unknown and not final:
            return Outcome.WAITS
        newcomer = Newcomer(source_id, record, known, unknown, link)
        if link is not None and link.state == PAIRED:
            return (yield from self._attaching.join(newcomer, str(link.destination_id)))
        return (yield from self._attaching.attach(newcomer))

    def _one_linked(self, link: Link, record: Record, *, final: bool) -> Steps[Outcome]:
        outcome = yield from self._updating.update(link, record, final=final)
        if final and outcome is Outcome.UNCHANGED:
            written = yield from self._updating.write_open(link)
            return outcome if written is Outcome.LEFT_OUT else written
        return outcome
