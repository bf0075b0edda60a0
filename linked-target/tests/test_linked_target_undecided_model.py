"""Whatever people edit and decide with the policy `ask`, no edit of theirs is lost.

One property of one pair, in a small model of what people expect.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linked_target.cli.deciding import resolve
from linked_target.store.database import open_store
from singer_rest import PluginError
from toy_bed import new_bed

if TYPE_CHECKING:
    from toy_bed import Bed

Side = Literal["crmoffice", "trello"]
SIDES: tuple[Side, Side] = ("crmoffice", "trello")
OTHER: dict[Side, Side] = {"crmoffice": "trello", "trello": "crmoffice"}

Act = tuple[Literal["edit", "run", "resolve"], Side]
acts = st.tuples(st.sampled_from(["edit", "edit", "run", "run", "resolve"]), st.sampled_from(SIDES))


@dataclass
class Expected:
    """What both sides hold, and what is between them.

    Attributes:
        values: by side.
        agreed: what both had last.
        is_open: whether a conflict waits for a decision.
        known: the values that the conflict was seen with.
        winner: the side that somebody decided for, until its value is on the other side.
    """

    values: dict[Side, str]
    agreed: str
    is_open: bool = False
    known: dict[Side, str] | None = None
    winner: Side | None = None

    def edit(self, side: Side, value: str) -> None:
        self.values[side] = value

    def decide(self, winner: Side) -> None:
        self.is_open, self.winner = False, winner

    def run(self, source: Side) -> None:
        """A run that reads from a side."""
        ours, theirs = self.values[source], self.values[OTHER[source]]
        if self.is_open:
            self.known = dict(self.values)
        elif self.winner is not None:
            loser = OTHER[self.winner]
            assert self.known is not None
            if self.values[loser] != self.known[loser]:
                self._dispute()
            elif source == self.winner:
                self._agree(self.values[self.winner])
        elif ours == self.agreed:
            pass  # nothing to bring
        elif theirs == self.agreed:
            self._agree(ours)
        else:
            self._dispute()

    def _dispute(self) -> None:
        self.is_open, self.winner, self.known = True, None, dict(self.values)

    def _agree(self, value: str) -> None:
        self.values = dict.fromkeys(SIDES, value)
        self.agreed, self.winner, self.known = value, None, None


class World:
    """The toy systems, and what is expected of them."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.fresh = map(str, count())
        bed.settings["conflict_policy"] = "ask"
        bed.office["activities"].put(id="a1", subject="first")
        bed.both()
        self.expected = Expected(dict.fromkeys(SIDES, "first"), "first")

    def do(self, act: Act) -> None:
        kind, side = act
        if kind == "edit":
            value = f"{side} {next(self.fresh)}"
            self.expected.edit(side, value)
            if side == "crmoffice":
                self.bed.office["activities"].edit("a1", subject=value)
            else:
                self.bed.trello["actions"].edit("n1", text=value)
        elif kind == "run":
            self.expected.run(side)
            (self.bed.to_trello if side == "crmoffice" else self.bed.to_office)()
        else:
            self._resolve(side)

    def values(self) -> dict[Side, str]:
        return {
            "crmoffice": self.bed.office["activities"].only()["subject"],
            "trello": self.bed.trello["actions"].only()["text"],
        }

    def is_open(self) -> bool:
        query = "SELECT count(*) FROM open_properties WHERE kind = 'conflict'"
        return bool(self.bed.rows(query)[0][0])

    def _resolve(self, winner: Side) -> None:
        engine = open_store(self.bed.url)
        try:
            with engine.begin() as connection:
                if not self.expected.is_open:
                    with pytest.raises(PluginError, match="has no conflict"):
                        resolve(connection, 1, winner)
                    return
                resolve(connection, 1, winner)
        finally:
            engine.dispose()
        self.expected.decide(winner)


@settings(deadline=None, max_examples=25)
@given(st.lists(acts, max_size=14), st.sampled_from(SIDES))
def test_no_edit_is_lost_and_every_decision_is_carried_out(
    tmp_path_factory: pytest.TempPathFactory, done: list[Act], last_winner: Side
) -> None:
    world = World(new_bed(tmp_path_factory.mktemp("world")))
    for act in done:
        world.do(act)
        assert world.values() == world.expected.values
        if act[0] == "run":
            assert world.is_open() == world.expected.is_open

    for side in SIDES:
        world.do(("run", side))
    if world.expected.is_open:
        world.do(("resolve", last_winner))
    for _ in range(2):
        for side in SIDES:
            world.do(("run", side))
    assert world.values() == world.expected.values
    assert len(set(world.values().values())) == 1
    world.bed.forget()
    world.bed.both()
    assert world.bed.writes() == []
    assert world.bed.rows("SELECT * FROM open_properties") == []
