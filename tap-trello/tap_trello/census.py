"""Counting a board's comments, to see that one is missing.

No feed tells of a deletion. But a run looks through all comments of a board, for edits. So the sum
of all that were there at the last count must come out again. Comments wander with their cards: what
is missing on one board may be there on another, so the sums of all boards count together. A board
where nothing has happened counts like one whose sum came out again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_trello.bookmarks import Newest
from tap_trello.instants import instant_of
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

__all__ = ["ARRIVALS", "Census", "Count", "card_of", "is_any_missing"]

Action = dict[str, Any]

ARRIVALS = frozenset({"copyCard", "moveCardToBoard"})
DEPARTURE = "moveCardFromBoard"


@dataclass(frozen=True)
class Count:
    """The comments that were on a board.

    Attributes:
        comments: their number and digest.
        newest: the newest actions that were there then.
    """

    comments: Tally = field(default_factory=Tally)
    newest: Newest = field(default_factory=Newest)

    @classmethod
    def of_state(cls, kept: Mapping[str, Any] | None, newest: Newest) -> Count | None:
        """What `as_state` has written; None if nothing has.

        Args:
            kept: the part of the state.
            newest: of the board's bookmark, which a state of earlier releases means.
        """
        comments = Tally.of_state(kept)
        if kept is None or comments is None:
            return None
        own = Newest.of_state(kept)
        return cls(comments, newest if own.date is None else own)

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        state = self.comments.as_state()
        self.newest.put(state)
        return state

    def includes(self, comment: Action) -> bool:
        """Whether a comment was there then, unless it came with a card since."""
        date = instant_of(comment["date"])
        covered = self.newest.covers(comment["id"], date)
        return covered and self.newest.made_before(comment["id"])


class Census:
    """The comments of one board.

    Too many alarms cost a full read, which tells the truth; so what can't be explained is one.

    Args:
        before: the last count; None if there was none.
        is_known: whether the board was read before.
    """

    def __init__(self, before: Count | None, *, is_known: bool) -> None:
        self.before = before
        self.is_known = is_known
        self.found = Tally()
        """Comments of before that are still on the board."""
        self.now: Count | None = None
        """What a later run may expect; None as long as not all comments were looked through."""
        self.arrived: dict[str, list[Action]] = {}
        """Comments by card, for cards that came since then."""
        self.left: dict[str, datetime] = {}
        """When cards left the board since then."""

    def note(self, action: Action) -> None:
        """Look whether a card came or left."""
        date = instant_of(action["date"])
        if self.before is not None and self.before.newest.covers(action["id"], date):
            return
        if action["type"] in ARRIVALS:
            self.arrived.setdefault(card_of(action), [])
        elif action["type"] == DEPARTURE:
            self.left[card_of(action)] = date  # newest first, so the first departure remains

    def count(self, comment: Action, newest: Newest) -> None:
        """Count a comment; every `note` comes before.

        Args:
            comment: the action.
            newest: the newest actions that were given; a later run may expect what they include.
        """
        now = self.now or Count(newest=newest)
        if now.includes(comment):
            self.now = Count(now.comments + Tally.of(comment["id"]), newest)
        self.find(comment)

    def find(self, comment: Action) -> None:
        """See a comment that is counted otherwise; every `note` comes before."""
        card = card_of(comment)
        if card in self.arrived:
            self.arrived[card].append(comment)
        elif self.before is not None and self.before.includes(comment):
            self.found += Tally.of(comment["id"])


def card_of(action: Action) -> str:
    """Id of an action's card; empty if it has none."""
    return str(action["data"].get("card", {}).get("id", ""))


def is_any_missing(censuses: Collection[Census]) -> bool:
    """Whether a comment of before is on none of the boards any more.

    A comment of a card that came is one of before if the card left another board since, and the
    count of that board included it.
    """
    if any(each.before is None and each.is_known for each in censuses):
        return True
    origins: dict[str, tuple[datetime, Count]] = {}
    for each in censuses:
        for card, date in each.left.items():
            if each.before and (card not in origins or date < origins[card][0]):
                origins[card] = (date, each.before)
    expected = found = Tally()
    for each in censuses:
        expected += each.before.comments if each.before else Tally()
        found += each.found
        for card in each.arrived.keys() & origins.keys():
            _, before = origins[card]
            for comment in each.arrived[card]:
                if before.includes(comment):
                    found += Tally.of(comment["id"])
    return found != expected
