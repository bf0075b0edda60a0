"""Counting a board's comments, to see that one is missing.

No feed tells of a deletion. But every run looks through all comments, for edits. So the sum of all
that were there at the last run must come out again. Comments wander with their cards: what is
missing on one board may be there on another, so the sums of all boards count together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_trello.instants import instant_of
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tap_trello.bookmarks import Bookmark

__all__ = ["ARRIVALS", "Census", "card_of", "is_any_missing"]

Action = dict[str, Any]

ARRIVALS = frozenset({"copyCard", "moveCardToBoard"})
DEPARTURE = "moveCardFromBoard"


class Census:
    """The comments of one board.

    Too many alarms cost a full read, which tells the truth; so what can't be explained is one.

    Args:
        before: how far the board was read before; an empty bookmark if never.
        expected: the comments that were there then; None if they were not counted.
    """

    def __init__(self, before: Bookmark, expected: Tally | None) -> None:
        self.before = before
        self.expected = expected
        self.found = Tally()
        """Comments of before that are still on the board."""
        self.now = Tally()
        """What the next run may expect."""
        self.arrived: dict[str, dict[str, datetime]] = {}
        """Dates of comments, by id and by card, for cards that came since then."""
        self.left: dict[str, datetime] = {}
        """When cards left the board since then."""

    def note(self, action: Action) -> None:
        """Look whether a card came or left."""
        date = instant_of(action["date"])
        if self.before.covers(action["id"], date):
            return
        if action["type"] in ARRIVALS:
            self.arrived.setdefault(card_of(action), {})
        elif action["type"] == DEPARTURE:
            self.left[card_of(action)] = date  # newest first, so the first departure remains

    def count(self, comment: Action, *, for_next: bool) -> None:
        """Count a comment; every `note` comes before.

        Args:
            comment: the action.
            for_next: whether the board's new bookmark covers it.
        """
        tally = Tally.of(comment["id"])
        if for_next:
            self.now += tally
        date = instant_of(comment["date"])
        card = card_of(comment)
        if card in self.arrived:
            self.arrived[card][comment["id"]] = date
        elif self.before.covers(comment["id"], date):
            self.found += tally


def card_of(action: Action) -> str:
    """Id of an action's card; empty if it has none."""
    return str(action["data"].get("card", {}).get("id", ""))


def is_any_missing(censuses: Collection[Census]) -> bool:
    """Whether a comment of before is on none of the boards any more.

    A comment of a card that came is one of before if the card left another board since, and the
    bookmark of that board covers it.
    """
    if any(each.expected is None and each.before.newest is not None for each in censuses):
        return True
    origins: dict[str, tuple[datetime, Bookmark]] = {}
    for each in censuses:
        for card, date in each.left.items():
            if card not in origins or date < origins[card][0]:
                origins[card] = (date, each.before)
    expected = found = Tally()
    for each in censuses:
        expected += each.expected or Tally()
        found += each.found
        for card in each.arrived.keys() & origins.keys():
            _, before = origins[card]
            for comment, date in each.arrived[card].items():
                if before.covers(comment, date):
                    found += Tally.of(comment)
    return found != expected
