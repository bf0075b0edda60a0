"""Bringing the edits of a linked record to its partner."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound

from linked_target.attach import log_conflicts
from linked_target.merge import Conflict, decide, edits_between
from linked_target.open_properties import HELD, PENDING
from linked_target.outcome import Outcome
from linked_target.records import MISSING, patched, property_of, with_property, with_stated_values
from linked_target.values import is_empty, same_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linked_target.direction import StreamLink
    from linked_target.links import Link
    from linked_target.open_properties import OpenProperty
    from linked_target.records import Record

__all__ = ["Updating"]

logger = logging.getLogger(__name__)


class Updating:
    """Three-way merges of linked records of one stream."""

    def __init__(self, between: StreamLink) -> None:
        self._between = between
        self._direction = between.direction
        self._links = between.direction.links
        self._stream = between.stream
        self._rebased: list[tuple[Link, Record]] = []

    def update(self, link: Link, record: Record, *, final: bool) -> Outcome:
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
        return self._write(link, record, known, unknown)

    def write_open(self, link: Link) -> Outcome:
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
        return self._write(link, link.source_record, values, {})

    def revive(self, link: Link) -> bool:
        """Whether the partner of an orphaned link is there again; if so, the link counts again."""
        try:
            self._stream.get(str(link.destination_id))
        except NotFound:
            return False
        self._links.orphan(link, gone=False)
        return True

    def flush(self) -> None:
        """Store the new baselines of records whose mapped values did not change."""
        self._links.rebase_sources(self._rebased)
        self._rebased = []

    def _write(
        self, link: Link, record: Record, edits: Mapping[str, Any], unknown: Mapping[str, Any]
    ) -> Outcome:
        held = self._stream.unwritable(link.destination_record, edits.keys())
        if len(held) == len(edits):
            held = self._without_agreed(link, edits, held)
            self._settle(link, edits, held, unknown)
            self._links.rebase(
                link, source_record=record, destination_record=link.destination_record
            )
            return Outcome.HELD if held else Outcome.UNCHANGED
        try:
            current = self._stream.get(str(link.destination_id))
        except NotFound:
            logger.warning(
                "%s %s: its partner %s %s is gone; the link is orphaned",
                self._between.pair.source,
                link.source_id,
                self._stream.name,
                link.destination_id,
            )
            self._links.orphan(link)
            return Outcome.UNCHANGED
        return self._write_to(link, record, current, edits, unknown)

    def _write_to(
        self,
        link: Link,
        record: Record,
        current: Record,
        edits: Mapping[str, Any],
        unknown: Mapping[str, Any],
    ) -> Outcome:
        baseline = link.destination_record
        current = with_stated_values(current, baseline)
        decision = decide(
            self._stream.properties,
            edits,
            self._between.canonical(baseline, edits),
            self._between.canonical(current, edits),
            self._between.source_wins,
            propagate_nulls=self._direction.propagate_nulls,
        )
        log_conflicts(self._between, link.source_id, decision.conflicts)
        held = self._stream.unwritable(current, decision.write.keys())
        write = {name: value for name, value in decision.write.items() if name not in held}
        answer = self._stream.update(current, write) if write else current
        answer = with_stated_values(answer, with_emptied(current, write))
        agreed = patched(baseline, current, answer)
        for name in (*decision.agreed, *write):
            value = property_of(answer, name, MISSING)
            if value is not MISSING:
                agreed = with_property(agreed, name, value)
        self._settle(link, edits, held, unknown)
        self._links.rebase(link, source_record=record, destination_record=agreed)
        self._between.remember_names(link, record, answer)
        if write:
            return Outcome.UPDATED
        return Outcome.HELD if held else Outcome.UNCHANGED

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
        source = self._direction.source
        for row in self._direction.open.of_link(link.id, source):
            for name in self._edits_due_to(row, link, record, edits):
                wins = self._between.source_wins(name)
                conflict = Conflict(name, edits[name], row.value, wins)
                log_conflicts(self._between, link.source_id, [conflict])
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
