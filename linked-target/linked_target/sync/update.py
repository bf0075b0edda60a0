"""Bringing the edits of a linked record to its partner."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound

from linked_target.records import MISSING, patched, property_of, with_property, with_stated_values
from linked_target.store.open_properties import HELD, PENDING
from linked_target.sync.conflicts import tell_conflicts
from linked_target.sync.direction import OnDelete
from linked_target.sync.merge import Conflict, decide, edits_between
from linked_target.sync.outcome import Outcome
from linked_target.sync.plan import changes_of
from linked_target.sync.steps import Read, Write
from linked_target.values import is_empty, same_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.records import Record
    from linked_target.store.links import Link
    from linked_target.store.open_properties import OpenProperty
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
        edits = self._without_held_back(link, record, edits)
        known, unknown = self._between.translated(edits)
        if unknown and not final:
            return Outcome.WAITS
        return (yield from self._write(link, record, known, unknown))

    def write_open(self, link: Link) -> Steps[Outcome]:
        """Write what waits on a link, as far as it can be written now; else it is left out.

        Args:
            link: the link, in state LINKED.

        Raises:
            RecordRefused: when the API refuses the change.
            OutcomeUnknown: when the answer was lost.
        """
        rows = self._direction.open.of_link(link.id, self._direction.destination)
        pending = {row.name: row.value for row in rows if row.kind == PENDING}
        values, _ = self._between.translated(pending)
        kept = {row.name: row.value for row in rows if row.kind == HELD}
        still = self._stream.unwritable(link.destination_record, kept.keys()) if kept else {}
        values |= {name: value for name, value in kept.items() if name not in still}
        if not values:
            return Outcome.LEFT_OUT
        outcome = yield from self._write(link, link.source_record, values, {})
        if outcome is Outcome.PARTNER_GONE:  # no tap tells the record again for this
            pair, reason = self._between.pair, "its partner is gone"
            self._links.note_unmatched(pair, link.source_id, link.source_record, reason)
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

    def _write(
        self, link: Link, record: Record, edits: Mapping[str, Any], unknown: Mapping[str, Any]
    ) -> Steps[Outcome]:
        held = self._stream.unwritable(link.destination_record, edits.keys())
        if len(held) == len(edits):
            held = self._without_agreed(link, edits, held)
            self._settle(link, edits, held, unknown)
            self._tell_held(link, link.destination_record, edits, held)
            self._links.rebase(
                link, source_record=record, destination_record=link.destination_record
            )
            return Outcome.HELD if held else Outcome.UNCHANGED
        try:
            current = yield Read(self._stream, str(link.destination_id))
        except NotFound:
            return self._without_partner(link)
        return (yield from self._write_to(link, record, current, edits, unknown))

    def _write_to(
        self,
        link: Link,
        record: Record,
        current: Record,
        edits: Mapping[str, Any],
        unknown: Mapping[str, Any],
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
        )
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
            if not conflict.source_wins:  # what the destination says instead is still to come back
                agreed = with_property(agreed, conflict.name, edits[conflict.name])
        self._settle(link, edits, held, unknown)
        self._links.rebase(link, source_record=record, destination_record=agreed)
        self._between.remember_names(link, record, answer)
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
        self._direction.plan.note(action, pair, *ids, **more)

    def _tell_held(
        self, link: Link, current: Record, edits: Mapping[str, Any], held: Mapping[str, str]
    ) -> None:
        for name, reason in held.items():
            changes = changes_of(current, {name: edits[name]})
            self._tell("hold", link, changes=changes, detail=reason)

    def _without_agreed(
        self, link: Link, edits: Mapping[str, Any], held: Mapping[str, str]
    ) -> dict[str, str]:
        """The held ones without those that the destination has already."""
        there = self._between.canonical(link.destination_record, held)
        return {
            name: reason
            for name, reason in held.items()
            if not same_value(
                self._stream.properties[name].kind, edits[name], property_of(there, name)
            )
        }

    def _settle(
        self,
        link: Link,
        edits: Mapping[str, Any],
        held: Mapping[str, str],
        unknown: Mapping[str, Any],
    ) -> None:
        """Note what still waits on the link, and what no longer does."""
        toward, waiting = self._direction.destination, self._direction.open
        waiting.drop(link.id, toward, edits.keys() - held.keys())
        waiting.put(
            link.id, toward, HELD, {name: (edits[name], reason) for name, reason in held.items()}
        )
        reason = "its partner is not linked yet"
        waiting.put(
            link.id, toward, PENDING, {name: (value, reason) for name, value in unknown.items()}
        )

    def _without_held_back(
        self, link: Link, record: Record, edits: dict[str, Any]
    ) -> dict[str, Any]:
        """The edits without those that lose against a value which waits the other way.

        What is held or pending toward this run's source is an edit of the destination that could
        not be written yet, though the destination's baseline moved on: a conflict like any other.
        """
        source, source_wins = self._direction.source, self._between.judge(record)
        for row in self._direction.open.of_link(link.id, source):
            for name in self._edits_due_to(row, link, record, edits):
                wins = source_wins(name)
                conflict = Conflict(name, edits[name], row.value, wins)
                tell_conflicts(self._between, link.source_id, link.destination_id, [conflict])
                if wins:
                    self._direction.open.drop(link.id, source, [row.name])
                else:
                    del edits[name]
        return edits

    def _edits_due_to(
        self, row: OpenProperty, link: Link, record: Record, edits: Mapping[str, Any]
    ) -> list[str]:
        """The edits that would vanish if the source's property had kept its old value."""
        earlier = property_of(link.source_record, row.name)
        values = self._between.map.baseline_values(with_property(record, row.name, earlier))
        return [
            name
            for name in edits
            if not same_value(self._stream.properties[name].kind, values.get(name), edits[name])
        ]


def with_emptied(record: Record, written: Mapping[str, Any]) -> Record:
    """The record without the values that were just emptied: nobody states those any longer."""
    for name, value in written.items():
        if is_empty(value):
            record = with_property(record, name, None)
    return record
