"""What no run may ever do, whatever went wrong before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toy_terms import NAMES, SIDES, STREAMS, is_empty, other, same, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toy_expectation import Pair, Run
    from toy_table import Change
    from toy_terms import Key
    from toy_world import Report, World


class Guard:
    """Makes sure that values come from users, vanish with notice only, and nothing is doubled.

    Args:
        world: keeps account of who entered what.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._family: dict[Key, Key] = {}
        self._partings: dict[Key, int] = {}
        """How often a record lost its partner for good, so that it may get a new one."""
        self._joined_before: set[tuple[str, str, str]] = set()
        self._there_before: set[Key] = set()

    def parted(self, kind: str, ids: dict[str, str]) -> None:
        """Note that records lost their partner for good."""
        for side, record_id in ids.items():
            key = (side, kind, record_id)
            self._partings[key] = self._partings.get(key, 0) + 1

    def check(self, side: str, report: Report, pairs: Iterable[Pair]) -> None:
        """Check a run that has written to a side.

        Args:
            side: the side.
            report: what the run did.
            pairs: all pairs that there are now.
        """
        self._note_families(pairs)
        for kind, change in report.changes:
            if change.call == "create":
                self._check_duplicates(side, kind)
            else:
                self._check_lost(side, kind, change)
            if change.call != "delete":
                self._check_origins(side, kind, change)

    def look(self) -> None:
        """Remember what is linked and what is there, before a run."""
        self._joined_before, self._there_before = self._joined(), self._there()

    def check_deletions(self, run: Run, report: Report) -> None:
        """Only what a complete read no longer has is deleted, and only if that is wanted."""
        source, destination = SIDES.index(run.source), SIDES.index(run.destination)
        for kind, change in report.changes:
            if change.call != "delete":
                continue
            assert (run.on_delete, run.complete) == ("delete", True), f"{change}"
            partners = {
                ids[source]
                for each, *ids in self._joined_before
                if (each, ids[destination]) == (kind, change.record_id)
            }
            there = self._world.records(run.source, kind).keys()
            assert not partners & there, f"its partner {partners} is there: {change}"

    def check_partings(self) -> None:
        """A run takes a link apart only where one of the two records is gone."""
        there = self._there_before & self._there()
        for kind, *ids in self._joined_before - self._joined():
            by_side = dict(zip(SIDES, ids, strict=True))
            keys = {(side, kind, record_id) for side, record_id in by_side.items()}
            assert not keys <= there, f"the link of {keys} vanished"
            self.parted(kind, by_side)

    def _joined(self) -> set[tuple[str, str, str]]:
        """Kind and ids of the records that are linked."""
        return {
            (link.kind, str(link.ids["crmoffice"]), str(link.ids["trello"]))
            for link in self._world.store.links()
            if None not in link.ids.values()
        }

    def _there(self) -> set[Key]:
        return {
            (side, kind, record_id)
            for side in SIDES
            for kind in STREAMS
            for record_id in self._world.records(side, kind)
        }

    def _note_families(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            self._relate(*((side, pair.kind, pair.ids[side]) for side in SIDES))
        for side in SIDES:
            for kind, table in self._world.tables[side].items():
                for source_id, made in table.made_for.items():
                    for each in made:
                        self._relate((other(side), kind, source_id), (side, kind, each))

    def _relate(self, one: Key, two: Key) -> None:
        one, two = self._head(one), self._head(two)
        if one != two:
            self._family[one] = two

    def _head(self, key: Key) -> Key:
        """The same for all records that were ever partners, directly or not."""
        while self._family.get(key, key) != key:
            key = self._family[key]
        return key

    def _check_lost(self, side: str, kind: str, change: Change) -> None:
        """What is overwritten or deleted was on the other side before, or is logged."""
        before = change.before
        if change.call == "delete":
            said = values_of(side, kind, before)
            before = {at[side]: said[name] for name, at in NAMES[kind].items()}
        head = self._head((side, kind, change.record_id))
        for name, at in NAMES[kind].items():
            value = before.get(at[side])
            if name == "company" or is_empty(value) or same(value, change.after.get(at[side])):
                continue
            known = [
                each
                for key, values in self._world.seen.items()
                if key[:2] == (other(side), kind) and self._head(key) == head
                for each in values[name]
            ]
            was_logged = any(repr(value) in told for told in self._world.conflicts)
            assert was_logged or any(same(value, each) for each in known), (
                f"{side} {kind} {change.record_id}: {name} {value!r} vanished silently"
            )

    def _check_origins(self, side: str, kind: str, change: Change) -> None:
        """Every value was entered by a user, in this record or in one that was its partner."""
        head = self._head((side, kind, change.record_id))
        for name, at in NAMES[kind].items():
            value = change.after.get(at[side])
            if is_empty(value):
                continue
            meant = self._head((side, "company", str(value))) if name == "company" else value
            assert (head, name, meant) in self._entered(name), f"nobody entered {value!r}: {change}"

    def _entered(self, name: str) -> set[tuple[Key, str, object]]:
        """What users entered as a property, by the record's family; of companies theirs."""
        found: set[tuple[Key, str, object]] = set()
        for value, places in self._world.origin.items():
            for key, each in places:
                if each == name and value is not None:
                    is_company = name == "company"
                    meant = self._head((key[0], "company", str(value))) if is_company else value
                    found.add((self._head(key), name, meant))
        return found

    def _check_duplicates(self, side: str, kind: str) -> None:
        table = self._world.tables[side][kind]
        for source_id, made in table.made_for.items():
            there = [each for each in made if each in table.records]
            allowed = 1 + self._partings.get((other(side), kind, source_id), 0)
            assert len(there) <= allowed, f"{kind} {source_id} was created again: {there}"
