"""The sync of one source stream into one destination stream."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from singer_rest import OutcomeUnknown, RecordRefused

from linked_target.attach import Attaching
from linked_target.links import INTENT, LINKED, ORPHANED, UNMATCHED
from linked_target.outcome import Outcome, Tally
from linked_target.queue import FAILED, WAITING
from linked_target.records import record_hash
from linked_target.update import Updating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from linked_target.direction import StreamLink
    from linked_target.links import Link
    from linked_target.records import Record

__all__ = ["StreamSync"]

logger = logging.getLogger(__name__)

DONE_STATES = frozenset({LINKED, UNMATCHED, ORPHANED})


class StreamSync:
    """Writes batches of records, and at the end of the input what had to wait.

    Args:
        between: the two streams and how they are linked.
        key_properties: the source stream's; they make a record's id.
    """

    def __init__(self, between: StreamLink, key_properties: Sequence[str]) -> None:
        self.between = between
        self.tally = Tally()
        self.errors: list[str] = []
        self._keys = key_properties
        self._attaching = Attaching(between)
        self._updating = Updating(between)
        self._queue = between.direction.queue
        self._links = between.direction.links
        self._queued = self._queue.ids(between.pair)
        self._failed: set[str] = set()
        self._unlinked: set[str] = set()
        self._checked = False

    def continue_from(self, earlier: StreamSync) -> None:
        """Take over what an earlier part of this run did, before the schema changed."""
        self.tally, self.errors, self._failed = earlier.tally, earlier.errors, earlier._failed

    def write(self, records: Sequence[Record]) -> None:
        """Sync a batch; of several versions of one record the last counts.

        Raises:
            PluginError: when nothing further can succeed; what was written is stored.
        """
        if not self._checked and self.between.map.names_undeclared:
            known = next(self._links.in_state(self.between.pair, LINKED), [])
            baselines = [link.source_record for link in known]
            self.between.map.check_undeclared([*records, *baselines])
        self._checked = True
        latest: dict[str, Record] = {}
        for record in records:
            source_id = self._id_of(record)
            if source_id is None:
                self.tally.read()
            else:
                latest.pop(source_id, None)
                latest[source_id] = record
        changed = self._without_unchanged(latest)
        if changed:
            links = self._links.by_source(self.between.pair, changed.keys())
            elsewhere = self._links.linked_elsewhere(self.between.pair, changed.keys())
            for source_id, record in changed.items():
                if source_id not in elsewhere:
                    self._sync(source_id, record, links.get(source_id), final=False)
        self._updating.flush()

    def finish(self) -> None:
        """Sync what waited for the end of the input, and what earlier runs left open.

        Raises:
            PluginError: when nothing further can succeed.
        """
        for status in (WAITING, FAILED):
            for queued in self._queue.due(self.between.pair, status):
                if queued.source_id not in self._failed:
                    self._sync_again(queued.source_id, queued.record)
        for state in (INTENT, UNMATCHED):
            for page in self._links.in_state(self.between.pair, state):
                self._match_again(page)
        self._write_open()
        self._updating.flush()

    def _id_of(self, record: Record) -> str | None:
        """The record's id; None where it has none, which is a failure of this record."""
        parts = [record.get(key) for key in self._keys]
        if parts and all(part not in (None, "") for part in parts):
            return "|".join(str(part) for part in parts)
        wanted = " and ".join(f"'{key}'" for key in self._keys) or "a key: its stream declares none"
        self._fail(f"without key {record_hash(record).hex()}", record, f"it lacks {wanted}")
        return None

    def _without_unchanged(self, latest: dict[str, Record]) -> dict[str, Record]:
        """Drop records that equal their baseline; no map, no validation and no request for them."""
        seen = self._links.seen(self.between.pair, latest.keys())
        changed: dict[str, Record] = {}
        unchanged: list[str] = []
        for source_id, record in latest.items():
            known = seen.get(source_id)
            if known and known.state in DONE_STATES and known.hash == record_hash(record):
                unchanged.append(source_id)
            else:
                changed[source_id] = record
        self.tally.read(len(unchanged))
        self.tally.add(Outcome.UNCHANGED, len(unchanged))
        settled = self._queued.intersection(unchanged)
        if settled:
            self._dequeue(settled)
        return changed

    def _sync(self, source_id: str, record: Record, link: Link | None, *, final: bool) -> None:
        outcome = self._attempt(
            source_id, record, lambda: self._one(source_id, record, link, final=final)
        )
        if outcome is not Outcome.LEFT_OUT:
            self.tally.read()

    def _sync_again(self, source_id: str, record: Record) -> None:
        pair = self.between.pair
        if self._id_of(record) is None:
            return
        if self._links.linked_elsewhere(pair, [source_id]):
            self._dequeue({source_id})
            return
        link = self._links.by_source(pair, [source_id]).get(source_id)
        self._attempt(source_id, record, lambda: self._one(source_id, record, link, final=True))

    def _attempt(self, source_id: str, record: Record, action: Callable[[], Outcome]) -> Outcome:
        try:
            outcome = action()
        except (RecordRefused, OutcomeUnknown) as error:
            self._fail(source_id, record, str(error))
            return Outcome.FAILED
        if outcome is Outcome.WAITS:
            self._queue.wait(self.between.pair, source_id, record)
            self._queued.add(source_id)
        elif source_id in self._queued:
            self._dequeue({source_id})
        elif outcome is Outcome.UNLINKED:
            self._unlinked.add(source_id)
        self.tally.add(outcome)
        return outcome

    def _one(self, source_id: str, record: Record, link: Link | None, *, final: bool) -> Outcome:
        if link is not None and link.state == ORPHANED and not self._updating.revive(link):
            return Outcome.UNCHANGED
        if link is not None and link.state in {LINKED, ORPHANED}:
            return self._one_linked(link, record, final=final)
        if link is not None and link.state == INTENT:
            adopted = self._attaching.adopt(link)
            if adopted is not None:
                outcome = self._updating.update(adopted, record, final=final)
                return outcome if outcome is Outcome.WAITS else Outcome.CREATED
        values = self.between.map.values(record)
        if values is None:
            return Outcome.LEFT_OUT
        known, unknown = self.between.translated(values)
        if unknown and not final:
            return Outcome.WAITS
        return self._attaching.attach(source_id, record, known, unknown, link)

    def _one_linked(self, link: Link, record: Record, *, final: bool) -> Outcome:
        outcome = self._updating.update(link, record, final=final)
        if final and outcome is Outcome.UNCHANGED:
            written = self._updating.write_open(link)
            return outcome if written is Outcome.LEFT_OUT else written
        return outcome

    def _match_again(self, links: Sequence[Link]) -> None:
        """Look again for partners of records that have none, though no tap sent them again."""
        elsewhere = self._links.linked_elsewhere(
            self.between.pair, [link.source_id for link in links]
        )
        for link in links:
            if link.source_id in self._queued or link.source_id in self._unlinked:
                continue
            if link.source_id in elsewhere:
                self._links.forget(link)
                continue
            before = self.tally.counts[Outcome.UNLINKED.value]
            self._attempt(
                link.source_id,
                link.source_record,
                partial(self._one, link.source_id, link.source_record, link, final=True),
            )
            self.tally.counts[Outcome.UNLINKED.value] = before

    def _write_open(self) -> None:
        """Write properties that waited on links, as far as they can be written now."""
        for page in self._links_to_complete():
            for link in self._links.by_id(self.between.pair, page):
                if link.state == LINKED and link.source_id not in self._queued:
                    self._attempt(
                        link.source_id,
                        link.source_record,
                        partial(self._updating.write_open, link),
                    )

    def _links_to_complete(self) -> Iterator[list[int]]:
        """Row ids of links whose pending reference has a partner now, or that hold values."""
        system, pair = self.between.direction.destination, self.between.pair
        waiting = self.between.direction.open
        for name, value in waiting.pending_references(system, pair):
            known, _ = self.between.translated({name: value})
            if known:
                yield from waiting.links_with_pending(system, pair, name, value)
        yield from waiting.links_with_held(system, pair)

    def _dequeue(self, source_ids: set[str]) -> None:
        self._queue.remove(self.between.pair, source_ids)
        self._queued -= source_ids

    def _fail(self, source_id: str, record: Record, error: str) -> None:
        message = f"{self.between.pair.source} {source_id}: {error}"
        logger.error("%s", message)
        self.errors.append(message)
        self._queue.fail(self.between.pair, source_id, record, error)
        self._queued.add(source_id)
        self._failed.add(source_id)
        self.tally.add(Outcome.FAILED)
