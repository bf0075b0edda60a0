"""How far a board's actions were read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_trello.instants import instant_of, trello_time

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from datetime import datetime

__all__ = ["Bookmark"]

NEWEST, NEWEST_IDS, EDITED = "replication_key_value", "newest_ids", "edits_bookmark"


@dataclass(frozen=True)
class Bookmark:
    """A board's bookmark.

    Attributes:
        newest: date of the newest action that was read, as Trello tells it.
        edited: time up to which edits of comments were read; None if none was ever seen.
        newest_ids: ids of the actions of the newest date.
    """

    newest: datetime | None = None
    edited: datetime | None = None
    newest_ids: frozenset[str] = frozenset()

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Bookmark:
        """The bookmark in a board's part of the state."""
        newest, edited = state.get(NEWEST), state.get(EDITED)
        return cls(
            newest=instant_of(newest) if newest else None,
            edited=instant_of(edited) if edited else None,
            newest_ids=frozenset(state.get(NEWEST_IDS) or ()),
        )

    def put(self, state: MutableMapping[str, Any], replication_key: str) -> None:
        """Write the bookmark into a board's part of the state."""
        if self.newest is not None:
            state["replication_key"] = replication_key
            state[NEWEST] = trello_time(self.newest)
            state[NEWEST_IDS] = sorted(self.newest_ids)
        if self.edited is not None:
            state[EDITED] = trello_time(self.edited)

    def advanced(
        self,
        newest: datetime | None,
        edited: datetime | None,
        newest_ids: frozenset[str] = frozenset(),
    ) -> Bookmark:
        """The bookmark after further actions and edits were read; it never moves back."""
        latest = later(self.newest, newest)
        ids = newest_ids if newest == latest else self.newest_ids
        return Bookmark(latest, later(self.edited, edited), ids)

    def covers(self, action_id: str, date: datetime) -> bool:
        """Whether an action was there when the board was read up to this bookmark.

        Not every one that was there: copied and moved comments come with an old date.
        """
        if self.newest is None or date > self.newest:
            return False
        return date < self.newest or action_id in self.newest_ids


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times, None counting as the earliest."""
    if one is None or other is None:
        return one or other
    return max(one, other)
