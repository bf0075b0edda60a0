"""What users expect to become of edits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from toy_expectation import Expectation, Pair, Seen, Wait
from toy_terms import is_empty, same

if TYPE_CHECKING:
    from toy_expectation import Run
    from toy_terms import Item, Values

DEFAULT_WINNER = "crmoffice"
JUST_NOW = "9999"
"""Later than any edit that a run reads."""


class Refused(Exception):
    """A record that can't be passed on now; it is remembered."""


class Doubt(Exception):
    """Something that depends on what is in doubt."""


class Merging(ABC):
    """Passes edits on from a record to its partner.

    Args:
        expectation: is brought up to date.
        run: the run to be foretold.
    """

    def __init__(self, expectation: Expectation, run: Run) -> None:
        self.all = expectation
        self.run = run
        self.source, self.destination = run.source, run.destination
        self.there = {item: dict(seen.values) for item, seen in run.there.items()}
        self.remembered = expectation.remembered[run.source]
        self.refused: set[Item] = set()
        self.joined: set[Item] = set()
        """Records of the destination that got a partner in this run, early or late."""
        self.losing = {
            pair.ids[run.source]
            for pair in expectation.pairs
            if not pair.gone and (pair.kind, pair.ids[run.destination]) not in self.there
        }
        """Records whose partner is gone, which the run may find out before or after it matters."""

    def _pass_on(
        self, pair: Pair, edits: Values, unknown: Values, seen: Seen, *, told: bool = True
    ) -> None:
        locked, there = self.run.locked[pair.kind], self._item(pair, self.destination)
        known = pair.known[self.destination]
        if "company" in locked and ("company", edits.get("company")) in self.joined:
            raise Doubt  # it is held, and whether that was a conflict depends on the order
        if locked.issuperset(edits):
            held = {name: v for name, v in edits.items() if not same(v, known.get(name))}
            self._settle(pair, edits, held, unknown)
            self._take_note(pair, seen)
            return
        if there not in self.there:
            self._without_partner(pair, seen, told=told)
            return
        now, write, agreed = self.there[there], {}, {}
        for name, value in edits.items():
            if same(value, now[name]):
                agreed[name] = now[name]
            elif (
                same(now[name], known.get(name))
                or (is_empty(now[name]) and not self.run.propagate_nulls)
                or self._source_wins(pair, name, seen.edited, self._edited_there(pair))
            ):
                write[name] = value
            else:  # what is there instead is still to come back
                agreed[name] = value
        held = {name: write.pop(name) for name in list(write) if name in locked}
        self._write(there, write, pair)
        known.update(agreed)
        known.update(write)
        self._settle(pair, edits, held, unknown)
        self._take_note(pair, seen)

    def _settle(self, pair: Pair, edits: Values, held: Values, unknown: Values) -> None:
        waits = pair.waits[self.destination]
        for name in edits.keys() - held.keys():
            waits.pop(name, None)
        waits.update({name: Wait(held=True, value=value) for name, value in held.items()})
        waits.update({name: Wait(held=False, value=value) for name, value in unknown.items()})

    def _take_note(self, pair: Pair, seen: Seen) -> None:
        pair.known[self.source] = dict(seen.values)
        pair.edited[self.source] = seen.edited

    def _write(self, there: Item, values: Values, pair: Pair) -> None:
        company = values.get("company")
        is_unknown = not is_empty(company) and ("company", company) not in self.there
        if is_unknown or any(value in self.run.poison for value in values.values()):
            raise Refused
        self.there[there].update(values)
        pair.written = pair.written or bool(values)

    def _edited_there(self, pair: Pair) -> str | None:
        if pair.written:
            return JUST_NOW
        return self.run.there[self._item(pair, self.destination)].edited

    def _source_wins(self, pair: Pair, name: str, ours: str, theirs: str | None) -> bool:
        winner = self.run.wins(pair.kind, name)
        if winner == "newest":
            if ours and theirs and ours != theirs:
                return ours > theirs
            winner = DEFAULT_WINNER
        return winner == self.source

    def _translated(self, kind: str, values: Values) -> tuple[Values, Values]:
        """Values in the other side's terms, and references to records without a partner."""
        known, unknown = dict(values), {}
        company = values.get("company")
        if kind == "activity" and not is_empty(company):
            del known["company"]
            if ("company", company) in self.run.unsure or company in self.losing:
                raise Doubt
            pair = self.all.pair_of(self.source, ("company", str(company)))
            if pair is None or pair.gone == self.destination:
                unknown["company"] = company
            elif pair.doubtful or self._item(pair, self.destination) not in self.there:
                raise Doubt
            else:
                known["company"] = pair.ids[self.destination]
        return known, unknown

    def _item(self, pair: Pair, side: str) -> Item:
        return pair.kind, pair.ids[side]

    @abstractmethod
    def _without_partner(self, pair: Pair, seen: Seen, *, told: bool) -> None:
        """An edited record turns out to have lost its partner."""
