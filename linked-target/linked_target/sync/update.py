"""Bringing the edits of a linked record to its partner."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound

from linked_target.records import MISSING, patched, property_of, with_property, with_stated_values
from linked_target.store.open_properties import CONFLICT, HELD, PENDING, RETURNED, TAKEN
from linked_target.sync.conflicts import tell_conflicts
from linked_target.sync.direction import OnDelete
from linked_target.sync.journal import changes_of
from linked_target.sync.merge import decide, edits_between
from linked_target.sync.outcome import Outcome
from linked_target.sync.steps import Read, Write
from linked_target.sync.waiting import Waiting
from linked_target.values import is_empty

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from linked_target.records import Record
    from linked_target.store.links import Link
    from linked_target.sync.direction import StreamLink
    from linked_target.sync.steps import Steps

__all__ = ["EDITED_AFTERWARDS", "Updating"]

logger = logging.getLogger(__name__)

EDITED_AFTERWARDS = "it was edited after its partner was deleted"
"""Why an orphan is a conflict that a person has to settle."""


class Updating:
    """Three-way merges of linked records of one stream."""

    def __init__(self, between: StreamLink) -> None:
        self._between = between
        self._direction = between.direction
        self._links = between.direction.links
        self._stream = between.stream
        self._waiting = Waiting(between)
        self._rebased: list[tuple[Link, Record]] = []

    def update(self, link: Link, record: Record, *, final: bool) -> Steps[Outcome]:
        """Write what the source edited since the baseline.

        Args:
            link: the link, in state LINKED.
            record: the source record as it arrived.
            final: whether references that are still unknown become pending; else the record waits.

        Raises:
            RecordRefused: when its map fails, or the API refuses the change.
            OutcomeUnknown: when the answer was lost; the next attempt compares anew.
        """
        record = with_stated_values(record, link.source_record)
        now = self._between.map.values(record)
        if now is None:
            return Outcome.LEFT_OUT
        if self._between.link_only:
            self._between.remember_names(link, record, link.destination_record)
            self._rebased.append((link, record))
            return Outcome.UNCHANGED
        edits = edits_between(
            self._stream.properties,
            self._between.map.baseline_values(link.source_record),
            now,
            propagate_nulls=self._direction.propagate_nulls,
        )
        if not edits:
            self._rebased.append((link, record))
            return Outcome.UNCHANGED
        left = self._waiting.without_held_back(link, record, edits)
        known, unknown = self._between.translated(left)
        if unknown and not final:
            return Outcome.WAITS
        outcome = yield from self._write(link, record, known, unknown)
        if outcome is Outcome.UNCHANGED and len(left) < len(edits):
            rows = self._direction.open.of_link(link.id)
            return Outcome.CONFLICT if any(row.kind == CONFLICT for row in rows) else outcome
        return outcome

    def write_open(self, link: Link) -> Steps[Outcome]:
        """Write what waits on a link, as far as it can be written now; else it is left out.

        Args:
            link: the link, in state LINKED.

        Raises:
            RecordRefused: when the API refuses the change.
            OutcomeUnknown: when the answer was lost.
        """
        rows = self._waiting.toward_destination(link, PENDING, HELD, TAKEN)
        pending = {row.name: row.value for row in rows if row.kind == PENDING}
        values, _ = self._between.translated(pending)
        kept = {row.name: row.value for row in rows if row.kind != PENDING}
        still = self._stream.unwritable(link.destination_record, kept.keys()) if kept else {}
        values |= {name: value for name, value in kept.items() if name not in still}
        if not values:
            return Outcome.LEFT_OUT
        return (yield from self._write_again(link, values, {}))

    def write_returned(self, link: Link) -> Steps[Outcome]:
        """Write what the source has itself, where somebody decided so; see `RETURNED`.

        Args:
            link: the link, in state LINKED.

        Raises:
            RecordRefused: when the API refuses the change.
            OutcomeUnknown: when the answer was lost.
        """
        rows = self._waiting.returning(link)
        values, unknown = self._between.translated(self._waiting.returned_edits(link, rows))
        outcome = Outcome.LEFT_OUT
        if values or unknown:
            outcome = yield from self._write_again(link, values, unknown)
        self._waiting.drop(link, rows)
        return outcome

    def revive(self, link: Link) -> Steps[Link | None]:
        """The link of an orphan if both records are there again, else None."""
        if link.gone != self._direction.source:
            try:
                yield Read(self._stream, str(link.destination_id))
            except NotFound:
                return None
        return self._links.revive(link)

    def flush(self) -> None:
        """Store the new baselines of records whose mapped values did not change."""
        self._links.rebase_sources(self._rebased)
        self._rebased = []

    def _write_again(
        self, link: Link, edits: Mapping[str, Any], unknown: Mapping[str, Any]
    ) -> Steps[Outcome]:
        """Write edits of a record that no tap tells again for this."""
        outcome = yield from self._write(link, link.source_record, edits, unknown)
        if outcome is Outcome.PARTNER_GONE:
            pair, reason = self._between.pair, "its partner is gone"
            self._links.note_unmatched(pair, link.source_id, link.source_record, reason)
        return outcome

    def _write(
        self, link: Link, record: Record, edits: Mapping[str, Any], unknown: Mapping[str, Any]
    ) -> Steps[Outcome]:
        rows = self._waiting.toward_destination(link, CONFLICT, TAKEN, RETURNED)
        disputed = {row.name for row in rows if row.kind != TAKEN} & edits.keys()
        held = self._stream.unwritable(link.destination_record, edits.keys())
        if len(held) == len(edits) and not disputed:
            held = self._waiting.without_agreed(link, edits, held)
            self._waiting.settle(link, edits, held=held, unknown=unknown)
            self._tell_held(link, link.destination_record, edits, held)
            self._links.rebase(
                link, source_record=record, destination_record=link.destination_record
            )
            return Outcome.HELD if held else Outcome.UNCHANGED
        try:
            current = yield Read(self._stream, str(link.destination_id))
        except NotFound:
            return self._without_partner(link)
        baseline = link.destination_record
        for row in rows:
            if row.kind == TAKEN and row.name in edits:  # it was decided in view of this value
                baseline = with_property(baseline, row.name, row.other)
        link = replace(link, destination_record=baseline)
        return (yield from self._write_to(link, record, current, edits, unknown, disputed=disputed))

    def _write_to(
        self,
        link: Link,
        record: Record,
        current: Record,
        edits: Mapping[str, Any],
        unknown: Mapping[str, Any],
        *,
        disputed: Collection[str],
    ) -> Steps[Outcome]:
        baseline = link.destination_record
        current = with_stated_values(current, baseline)
        decision = decide(
            self._stream.properties,
            edits,
            self._between.canonical(baseline, edits),
            self._between.canonical(current, edits),
            self._between.judge(record, current),
            propagate_nulls=self._direction.propagate_nulls,
            disputed=disputed,
        )
        undecided = {name: property_of(current, name) for name in decision.undecided}
        tell_conflicts(self._between, link.source_id, link.destination_id, decision.conflicts)
        held = self._stream.unwritable(current, decision.write.keys())
        write = {name: value for name, value in decision.write.items() if name not in held}
        answer = current
        if write:
            try:
                answer = yield Write(
                    partial(self._stream.update, current, write),
                    writer=self._stream.writer_of(write, current),
                    draft=partial(self._stream.draft_updated, current, write),
                )
            except NotFound:  # deleted since it was read
                return self._without_partner(link)
        if write:
            self._tell("update", link, changes=changes_of(current, write))
        self._tell_held(link, current, edits, held)
        answer = with_stated_values(answer, with_emptied(current, write))
        agreed = patched(baseline, current, answer)
        for name in (*decision.agreed, *write):
            value = property_of(answer, name, MISSING)
            if value is not MISSING:
                agreed = with_property(agreed, name, value)
        for conflict in decision.conflicts:
            if conflict.source_wins is False:  # what is there instead is still to come back
                agreed = with_property(agreed, conflict.name, edits[conflict.name])
        self._waiting.settle(link, edits, held=held, unknown=unknown, disputed=undecided)
        self._links.rebase(link, source_record=record, destination_record=agreed)
        self._between.remember_names(link, record, answer)
        if undecided:
            return Outcome.CONFLICT
        if write:
            return Outcome.UPDATED
        return Outcome.HELD if held else Outcome.UNCHANGED

    def _without_partner(self, link: Link) -> Outcome:
        """What `on_delete` says about an edited record whose partner is gone."""
        policy = self._between.on_delete
        logger.warning(
            "%s %s: its partner %s %s is gone (on_delete: %s)",
            self._between.pair.source,
            link.source_id,
            self._stream.name,
            link.destination_id,
            policy.value,
        )
        if policy is OnDelete.UNLINK:
            self._links.drop(link)
            self._tell("unlink", link)
            return Outcome.PARTNER_GONE
        reason = EDITED_AFTERWARDS if policy is OnDelete.DELETE else None
        self._links.orphan(link, self._direction.destination, reason)
        self._tell("orphan", link)
        return Outcome.ORPHANED

    def _tell(self, action: str, link: Link, **more: Any) -> None:
        pair, ids = self._between.pair, (link.source_id, link.destination_id)
        self._direction.journal.note(action, pair, *ids, **more)

    def _tell_held(
        self, link: Link, current: Record, edits: Mapping[str, Any], held: Mapping[str, str]
    ) -> None:
        for name, reason in held.items():
            changes = changes_of(current, {name: edits[name]})
            self._tell("hold", link, changes=changes, detail=reason)


def with_emptied(record: Record, written: Mapping[str, Any]) -> Record:
    """The record without the values that were just emptied: nobody states those any longer."""
    for name, value in written.items():
        if is_empty(value):
            record = with_property(record, name, None)
    return record
