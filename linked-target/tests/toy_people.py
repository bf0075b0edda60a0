"""People who work in a toy world; what they do is decided by the test."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from toy_expectation import Pair
from toy_terms import NAMES, SIDES

if TYPE_CHECKING:
    from toy_checked import Checked

BEGIN = datetime(2027, 1, 1, tzinfo=timezone.utc)


class Work(NamedTuple):
    """Something that somebody does; what the numbers mean depends on that."""

    what: str
    side: str
    kind: str
    pick: int
    name: str
    value: int


WHAT = (
    *["create"] * 2,
    *["edit"] * 7,
    "empty",
    "edit_back",
    *["edit_both"] * 4,
    *["delete"] * 2,
    "restore",
    *["lock"] * 2,
    "part_by_hand",
    "join_by_hand",
    "rejoin_by_hand",
    "enter_poison",
    "heal",
)
"""What they do, the more frequent more often; names of methods of `People`."""


class People:
    """Users of both systems, and whoever looks after the sync.

    Args:
        checked: where they work.
    """

    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self._world = checked.world
        self._number = 0
        self._deleted: list[tuple[str, str, Any]] = []

    def work(self, works: list[Work]) -> None:
        for work in works:
            getattr(self, work.what)(work)

    def create(self, work: Work) -> None:
        side, kind = work.side, work.kind
        self._number += 1
        record_id = f"{side[0]}{self._number}"
        says = 1 + work.value % 7
        names = [name for bit, name in enumerate(NAMES[kind]) if says & 1 << bit]
        values = {name: self._fresh(side, name, work.pick) for name in names}
        self._world.put(side, kind, record_id, {k: v for k, v in values.items() if v is not None})

    def edit(self, work: Work) -> None:
        if (record_id := self._pick_editable(work)) is not None:
            new = self._fresh(work.side, work.name, work.value)
            self._world.edit(work.side, work.kind, record_id, {work.name: new})

    def empty(self, work: Work) -> None:
        if (record_id := self._pick(work)) is not None:
            self._world.edit(work.side, work.kind, record_id, {work.name: None})

    def edit_back(self, work: Work) -> None:
        """A record gets a value that it had before."""
        if (record_id := self._pick_editable(work)) is None or work.name == "company":
            return
        if seen := self._world.seen[work.side, work.kind, record_id][work.name]:
            value = seen[work.value % len(seen)]
            self._world.edit(work.side, work.kind, record_id, {work.name: value})

    def edit_both(self, work: Work) -> None:
        """Two people edit the same property of a pair, perhaps to the same."""
        pairs = [each for each in self._checked.expected.pairs if each.kind == work.kind]
        if not pairs:
            return
        pair = pairs[work.pick % len(pairs)]
        if any(pair.ids[side] not in self._world.records(side, work.kind) for side in SIDES):
            return
        new = {side: self._fresh(side, work.name, work.value) for side in SIDES}
        if work.value % 3 == 0 and work.name != "company":
            new["crmoffice"] = new["trello"].replace("+00:00", "Z")
        for side in SIDES:
            self._world.edit(side, work.kind, pair.ids[side], {work.name: new[side]})

    def delete(self, work: Work) -> None:
        if (record_id := self._pick(work)) is not None:
            record = self._world.remove(work.side, work.kind, record_id)
            self._deleted.append((work.side, work.kind, record))

    def restore(self, work: Work) -> None:
        if self._deleted:
            self._world.restore(*self._deleted.pop(work.pick % len(self._deleted)))

    def part_by_hand(self, work: Work) -> None:
        pairs = [each for each in self._checked.expected.pairs if each.kind == work.kind]
        if pairs:
            self._part(pairs[work.pick % len(pairs)])

    def join_by_hand(self, work: Work) -> None:
        """A person links two records that have no partner."""
        free = {side: self._without_partner(side, work.kind) for side in SIDES}
        if all(free.values()):
            ids = {side: each[work.pick % len(each)] for side, each in free.items()}
            self._world.store.join(work.kind, ids["crmoffice"], ids["trello"])
            pair = Pair(work.kind, ids, {side: {} for side in SIDES}, by_hand=True)
            self._checked.expected.pairs.append(pair)
            queued = {each[:3] for each in self._world.store.queued()}
            for side, record_id in ids.items():
                if (side, work.kind, record_id) not in queued:
                    self._checked.expected.remembered[side].pop((work.kind, record_id), None)

    def rejoin_by_hand(self, work: Work) -> None:
        """A link is taken apart, and one of the two gets another partner."""
        self.part_by_hand(work)
        self.join_by_hand(work)

    def lock(self, work: Work) -> None:
        """Properties can be written no more, or again, as tokens come and go."""
        names = [at[work.side] for at in NAMES[work.kind].values()]
        locked = {name for bit, name in enumerate(names) if work.value & 1 << bit}
        self._world.tables[work.side][work.kind].locked = locked

    def enter_poison(self, work: Work) -> None:
        """Somebody enters what the other side refuses."""
        if (record_id := self._pick_answered(work)) is not None and work.kind == "activity":
            poison = self._fresh(work.side, "text", 0)
            self._world.poison.add(poison)
            self._world.edit(work.side, work.kind, record_id, {"text": poison})

    def heal(self, work: Work | None = None) -> None:
        """Nothing is refused or locked any more."""
        del work
        self._world.poison.clear()
        for tables in self._world.tables.values():
            for table in tables.values():
                table.locked = set()

    def _fresh(self, side: str, name: str, pick: int) -> Any:
        """A value that nobody entered before; of companies one that exists."""
        if name == "company":
            return self._pick(Work("", side, "company", pick, "", 0))
        self._number += 1
        if name == "date":
            return (BEGIN + timedelta(minutes=self._number)).isoformat()
        if name == "website":
            return f"https://www{self._number}.example"
        return f"text {self._number}"

    def _pick(self, work: Work) -> str | None:
        """The id of a record."""
        ids = sorted(self._world.records(work.side, work.kind))
        return ids[work.pick % len(ids)] if ids else None

    def _pick_editable(self, work: Work) -> str | None:
        return self._pick(work) if work.name == "date" else self._pick_answered(work)

    def _pick_answered(self, work: Work) -> str | None:
        """The id of a record that was not made a moment ago by a request without an answer.

        Until a run of the same direction finds it, one of the other direction tells by its texts
        that it is no new record.
        """
        unanswered = self._checked.made_unanswered()
        ids = [
            record_id
            for record_id in sorted(self._world.records(work.side, work.kind))
            if (work.side, work.kind, record_id) not in unanswered
        ]
        return ids[work.pick % len(ids)] if ids else None

    def _part(self, pair: Pair) -> None:
        self._world.store.part(pair.kind, pair.ids["crmoffice"], pair.ids["trello"])
        self._checked.expected.pairs.remove(pair)
        self._checked.guard.parted(pair.kind, pair.ids)

    def _without_partner(self, side: str, kind: str) -> list[str]:
        expected = self._checked.expected
        return [
            record_id
            for record_id in sorted(self._world.records(side, kind))
            if not expected.pair_of(side, (kind, record_id))
            and (side, kind, record_id) not in self._checked.unanswered()
        ]
