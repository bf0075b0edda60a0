"""Counting a board's comments, to see that one is missing.

No feed tells of a deletion. But a run looks through all comments of a board, for edits. So the sum
of all that were there at the last count must come out again. Comments wander with their cards: what
is missing on one board may be there on another, so the sums of all boards count together. A board
where nothing has happened counts like one whose sum came out again.

Comments that were given since the last count, by a run that broke off, are known by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_trello.counts import Count
from tap_trello.instants import instant_of
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from tap_trello.newest import Newest

__all__ = ["ARRIVALS", "MOVES", "Census", "card_of", "is_any_missing"]

Action = dict[str, Any]

ARRIVALS = frozenset({"copyCard", "moveCardToBoard"})
DEPARTURE = "moveCardFromBoard"
MOVES = (*sorted(ARRIVALS), DEPARTURE)


class Census:
    """The comments of one board.

    Too many alarms cost a full read, which tells the truth; so what can't be explained is one.

    Args:
        before: the last count; None if there was none.
        is_known: whether the board was read before.
        uncounted: ids of comments that were given on any board since its last count.
    """

    def __init__(
        self, before: Count | None, *, is_known: bool, uncounted: frozenset[str] = frozenset()
    ) -> None:
        self.before = before
        self.is_known = is_known
        self.found = Tally()
        """Comments of before that are still on the board."""
        self.found_uncounted: set[str] = set()
        """Those of the uncounted ones that are on the board."""
        self.given: set[str] = set()
        """Comments that were given now and did not turn up in the count: gone, or moved."""
        self.now: Count | None = None
        """What a later run may expect; None as long as not all comments were looked through."""
        self.arrived: dict[str, list[Action]] = {}
        """What tells the comments of cards that came since then, by card."""
        self.left: dict[str, datetime] = {}
        """When cards left the board since then, for the first time."""
        self._uncounted = uncounted

    def note(self, action: Action) -> None:
        """Look whether a card came or left."""
        if self.before is not None and self.before.newest.covers(action):
            return
        card = card_of(action)
        if action["type"] in ARRIVALS:
            self.arrived.setdefault(card, [])
        elif action["type"] == DEPARTURE:
            date = instant_of(action["date"])
            self.left[card] = min(date, self.left.get(card, date))

    def begin_count(self, newest: Newest) -> None:
        """Begin to count.

        Args:
            newest: the newest actions that were given; a later run may expect what they include.
        """
        self.now = Count(newest=newest)

    def count(self, comment: Action) -> None:
        """Count a comment, once `begin_count` was called; every `note` comes before."""
        if self.now is not None and self._is_expected(comment, self.now):
            self.now = self.now.and_also(comment)
            self.given.discard(comment["id"])
        self.find(comment)

    def find(self, comment: Action) -> None:
        """See a comment that is counted otherwise; every `note` comes before."""
        if comment["id"] in self._uncounted:
            self.found_uncounted.add(comment["id"])
        card = card_of(comment)
        if card in self.arrived:
            self.arrived[card].append({"id": comment["id"], "date": comment["date"]})
        elif self.before is not None and self.before.includes(comment):
            self.found += Tally.of(comment["id"])

    def _is_expected(self, comment: Action, now: Count) -> bool:
        """Whether a comment was given; a copy that comes just now will be by the next run."""
        return now.includes(comment) or card_of(comment) in self.arrived


def card_of(action: Action) -> str:
    """Id of an action's card; empty if it has none."""
    card = action["data"].get("card")
    return str(card.get("id") or "") if isinstance(card, dict) else ""


def is_any_missing(censuses: Collection[Census], uncounted: frozenset[str] = frozenset()) -> bool:
    """Whether a comment of before is on none of the boards any more.

    A comment of a card that came is one of before if the card left another board since, and the
    count of that board included it.

    Args:
        censuses: of all boards that were looked through.
        uncounted: ids of the comments that were given there since the last counts.
    """
    if any(each.before is None and each.is_known for each in censuses):
        return True
    if uncounted - set().union(*(each.found_uncounted for each in censuses)):
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
