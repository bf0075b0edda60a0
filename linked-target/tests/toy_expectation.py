"""What users expect to be true of the two systems, without a look at how the sync works.

It knows which records belong together, what each side said when that was last taken into account,
and what could not be passed on yet. Where something went wrong half-way it does not guess: such
pairs are in doubt until everything is at rest again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toy_terms import Item, Key, Values


class Seen(NamedTuple):
    """A record as it was seen."""

    values: Values
    edited: str


class Wait(NamedTuple):
    """A value that could not be passed on yet."""

    held: bool
    """Whether it is held; else it refers to a record that has no partner yet."""
    value: Any


@dataclass
class Pair:
    """Two records that belong together."""

    kind: str
    ids: dict[str, str]
    known: dict[str, Values]
    """By side, what it said when that was last taken into account."""
    edited: dict[str, str] = field(default_factory=dict)
    """By side, when it was last edited then."""
    waits: dict[str, dict[str, Wait]] = field(default_factory=dict)
    """By the side they go to."""
    gone: str | None = None
    by_hand: bool = False
    doubtful: bool = False
    written: bool = False

    def __post_init__(self) -> None:
        for side in self.ids:
            self.waits.setdefault(side, {})


@dataclass
class Run:
    """One run, as it is set up."""

    source: str
    destination: str
    told: dict[Item, Seen]
    """What the tap tells."""
    complete: bool
    """Whether that is everything, for each kind of which anything is told."""
    there: dict[Item, Seen]
    """The other side's records when the run begins."""
    locked: Mapping[str, set[str]]
    poison: set[Any]
    wins: Callable[[str, str], str]
    """The policy for a kind and property: a side, or newest."""
    propagate_nulls: bool
    on_delete: str
    create: Mapping[str, bool]
    new_id: Callable[[str, str], str]
    unsure: set[Item] = field(default_factory=set)
    """Records of the source of which nobody can say what becomes of them."""


class Expectation:
    """Which records belong together, and what is still to be done about them."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self.remembered: dict[str, dict[Item, Seen]] = {"crmoffice": {}, "trello": {}}
        """Records that have no partner yet or were refused, by side, as they were last told."""
        self.limbo: dict[str, set[Item]] = {"crmoffice": set(), "trello": set()}
        """Records of which a partner may have been created, by side."""
        self.doubted: set[Key] = set()
        """Records of which the last run can't be foretold."""

    def pair_of(self, side: str, item: Item) -> Pair | None:
        kind, record_id = item
        return next((p for p in self.pairs if p.kind == kind and p.ids[side] == record_id), None)
