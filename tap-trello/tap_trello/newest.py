"""The newest actions that were there: a bookmark by date, exact to the action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_trello.instants import instant_of, trello_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

__all__ = ["Newest", "later"]

NEWEST, NEWEST_IDS = "replication_key_value", "newest_ids"

Action = dict[str, Any]


@dataclass(frozen=True)
class Newest:
    """The newest actions that were there.

    Attributes:
        date: their date, as Trello tells it; None if there were none.
        ids: the ids of all actions of this date.
    """

    date: datetime | None = None
    ids: frozenset[str] = frozenset()

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Newest:
        """What `as_state` has written."""
        text = state.get(NEWEST)
        return cls(instant_of(text) if text else None, frozenset(state.get(NEWEST_IDS) or ()))

    def as_state(self) -> dict[str, Any]:
        """A form for the state; an empty one if there were none."""
        if self.date is None:
            return {}
        return {NEWEST: trello_time(self.date), NEWEST_IDS: sorted(self.ids)}

    def covers(self, action: Action) -> bool:
        """Whether an action was there then.

        Not every one that was there: copied and moved comments come with an old date.
        """
        date = instant_of(action["date"])
        if self.date is None or date > self.date:
            return False
        return date < self.date or action["id"] in self.ids

    def and_also(self, actions: Iterable[Action]) -> Newest:
        """The newest of these and of further actions, newest first."""
        found = self
        for action in actions:
            date = instant_of(action["date"])
            if found.date is None or date > found.date:
                found = Newest(date, frozenset({action["id"]}))
            elif date == found.date:
                found = Newest(date, found.ids | {action["id"]})
            else:
                break
        return found


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times, None counting as the earliest."""
    if one is None or other is None:
        return one or other
    return max(one, other)
