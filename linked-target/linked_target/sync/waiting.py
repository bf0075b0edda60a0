"""What waits on linked records: held, pending and disputed properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linked_target.records import property_of, with_property
from linked_target.store.open_properties import CONFLICT, HELD, PENDING, RETURNED, TAKEN
from linked_target.sync.conflicts import tell_conflicts
from linked_target.sync.merge import Conflict, edits_between
from linked_target.values import same_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from linked_target.records import Record
    from linked_target.store.links import Link
    from linked_target.store.open_properties import OpenProperty
    from linked_target.sync.direction import StreamLink

__all__ = ["Waiting"]

BOTH_EDITED = "both sides edited it"
NOT_LINKED_YET = "its partner is not linked yet"


class Waiting:
    """What waits on the links of one stream, and what it means for a run.

    Args:
        between: the two streams and how they are linked.
    """

    def __init__(self, between: StreamLink) -> None:
        self._between = between
        self._open = between.direction.open
        self._source = between.direction.source
        self._destination = between.direction.destination

    def toward_destination(self, link: Link, *kinds: str) -> list[OpenProperty]:
        """What waits to be written by this run."""
        return [
            row
            for row in self._open.of_link(link.id)
            if row.toward == self._destination and row.kind in kinds
        ]

    def settle(
        self,
        link: Link,
        edits: Mapping[str, Any],
        *,
        held: Mapping[str, str],
        unknown: Mapping[str, Any],
        disputed: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what waits on the link after a merge, and what no longer does.

        Args:
            link: the link.
            edits: the edits that were merged.
            held: those of them that the destination can't take, with the reasons.
            unknown: references whose partners are not known, in the source's terms.
            disputed: those of the edits that a person is to decide, with the destination's values.
        """
        disputed, toward = disputed or {}, self._destination
        self._open.drop(link.id, toward, edits.keys() - held.keys() - disputed.keys())
        refused = {name: (edits[name], reason) for name, reason in held.items()}
        self._open.put(link.id, toward, HELD, refused)
        self.dispute(link, edits, disputed)
        pending = {name: (value, NOT_LINKED_YET) for name, value in unknown.items()}
        self._open.put(link.id, toward, PENDING, pending)

    def dispute(self, link: Link, edits: Mapping[str, Any], disputed: Mapping[str, Any]) -> None:
        """Note conflicts that a person is to decide; for the arguments see `settle`."""
        undecided = {name: (edits[name], BOTH_EDITED) for name in disputed}
        self._open.put(link.id, self._destination, CONFLICT, undecided, disputed)

    def without_agreed(
        self, link: Link, edits: Mapping[str, Any], held: Mapping[str, str]
    ) -> dict[str, str]:
        """The held ones without those that the destination has already."""
        properties = self._between.stream.properties
        there = self._between.canonical(link.destination_record, held)
        return {
            name: reason
            for name, reason in held.items()
            if not same_value(properties[name].kind, edits[name], property_of(there, name))
        }

    def without_held_back(
        self, link: Link, record: Record, edits: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The edits without those that do not win against a value which waits the other way.

        What waits toward this run's source is an edit of the destination that is not written yet,
        though the destination's baseline moved on: a conflict like any other.
        """
        left = dict(edits)
        for row in self._open.of_link(link.id):
            if row.toward == self._source:
                for name in self._edits_due_to(row, link, record, left):
                    if not self._is_passed(row, name, link, record, left[name]):
                        del left[name]
        return left

    def returned_edits(self, link: Link, rows: Iterable[OpenProperty]) -> dict[str, Any]:
        """What a decision for the source's own values means for the destination.

        Args:
            link: the link.
            rows: what is to be RETURNED.

        Returns:
            The values by the destination's properties.
        """
        edits: dict[str, Any] = {}
        for row in rows:
            theirs, own = (
                self._between.map.baseline_values(
                    with_property(link.source_record, row.name, value)
                )
                for value in (row.value, row.other)
            )
            edits |= edits_between(
                self._between.stream.properties,
                theirs,
                own,
                propagate_nulls=self._between.direction.propagate_nulls,
            )
        return edits

    def returning(self, link: Link) -> list[OpenProperty]:
        """What the source has itself and is to be written to the destination, as somebody said."""
        return [
            row
            for row in self._open.of_link(link.id)
            if row.toward == self._source and row.kind == RETURNED
        ]

    def drop(self, link: Link, rows: Iterable[OpenProperty]) -> None:
        """Forget what waited."""
        for row in rows:
            self._open.drop(link.id, row.toward, [row.name])

    def _is_passed(
        self, row: OpenProperty, name: str, link: Link, record: Record, value: Any
    ) -> bool:
        """Whether an edit goes on though a value waits the other way; note what that means."""
        if row.kind == RETURNED or self._is_said(row, name, record, value):
            self._open.drop(link.id, self._source, [row.name])
            return True
        now = property_of(record, row.name)
        if row.kind == TAKEN and now == row.other:
            return False  # it was decided against just this edit
        wins = self._between.judge(record)(name)
        if wins is None and row.kind == PENDING:
            wins = True  # what it refers to is not known, so there is nothing to choose
        conflict = Conflict(name, value, row.value, wins)
        tell_conflicts(self._between, link.source_id, link.destination_id, [conflict])
        if wins:
            self._open.drop(link.id, self._source, [row.name])
        elif wins is None:
            waiting = {row.name: (row.value, BOTH_EDITED)}
            self._open.put(link.id, self._source, CONFLICT, waiting, {row.name: now})
        elif row.kind in {CONFLICT, TAKEN}:
            self._open.put(link.id, self._source, HELD, {row.name: (row.value, BOTH_EDITED)})
        return bool(wins)

    def _is_said(self, row: OpenProperty, name: str, record: Record, value: Any) -> bool:
        """Whether the source's record says by now what is disputed."""
        if row.kind not in {CONFLICT, TAKEN}:
            return False
        values = self._between.map.baseline_values(with_property(record, row.name, row.value))
        return self._between.means_same(name, values.get(name), value)

    def _edits_due_to(
        self, row: OpenProperty, link: Link, record: Record, edits: Mapping[str, Any]
    ) -> Sequence[str]:
        """The edits that would vanish if the source's property had kept its old value."""
        properties = self._between.stream.properties
        earlier = property_of(link.source_record, row.name)
        values = self._between.map.baseline_values(with_property(record, row.name, earlier))
        return [
            name
            for name in edits
            if not same_value(properties[name].kind, values.get(name), edits[name])
        ]
