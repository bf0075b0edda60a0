"""How far the actions of a board or workspace were read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tap_trello.feed import Cursor
from tap_trello.instants import instant_of, made_at, trello_time
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from datetime import datetime

__all__ = ["Bookmark", "Gap", "Newest", "later"]

NEWEST, NEWEST_IDS = "replication_key_value", "newest_ids"
EDITED, GIVEN, ARRIVED, GAP = "edits_bookmark", "given", "arrived", "gap"
OLDEST, SEEN, COUNTED = "oldest", "seen", "counted"

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
        """What `put` has written."""
        text = state.get(NEWEST)
        return cls(instant_of(text) if text else None, frozenset(state.get(NEWEST_IDS) or ()))

    def put(self, state: MutableMapping[str, Any]) -> None:
        """Write it into a part of the state."""
        if self.date is not None:
            state[NEWEST] = trello_time(self.date)
            state[NEWEST_IDS] = sorted(self.ids)

    def covers(self, action_id: str, date: datetime) -> bool:
        """Whether an action was there then.

        Not every one that was there: copied and moved comments come with an old date.
        """
        if self.date is None or date > self.date:
            return False
        return date < self.date or action_id in self.ids

    def made_before(self, action_id: str) -> bool:
        """Whether an action with this id was surely made before, or in the same second."""
        made = made_at(action_id)
        return self.date is None or made is None or made <= self.date

    def and_also(self, actions: list[Action]) -> Newest:
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


@dataclass(frozen=True)
class Gap:
    """What a run that broke off has left between what it gave and what earlier runs gave.

    Attributes:
        cursor: how far down it got.
        older: the newest that earlier runs gave.
        counted: the comments that it gave, where no earlier run gave any.
    """

    cursor: Cursor
    older: Newest = field(default_factory=Newest)
    counted: Tally = field(default_factory=Tally)

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Gap:
        """What `as_state` has written."""
        cursor = Cursor(instant_of(state[OLDEST]), frozenset(state[SEEN]))
        return cls(cursor, Newest.of_state(state), Tally.of_state(state[COUNTED]) or Tally())

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        state: dict[str, Any] = {
            OLDEST: trello_time(self.cursor.oldest),
            SEEN: sorted(self.cursor.seen),
            COUNTED: self.counted.as_state(),
        }
        self.older.put(state)
        return state


@dataclass(frozen=True)
class Bookmark:
    """How far a board was read.

    Attributes:
        newest: the newest actions that were given.
        edited: time up to which edits of comments were looked for; None if never.
        given: comments that were given as somebody edited or copied them since then, and would be
            found again: when they were edited, by id; empty texts for copies.
        arrived: ids of cards that came, whose comments are to be read.
        gap: what a run that broke off has left out.
    """

    newest: Newest = field(default_factory=Newest)
    edited: datetime | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    arrived: tuple[str, ...] = ()
    gap: Gap | None = None

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Bookmark:
        """The bookmark in a board's part of the state."""
        edited, gap = state.get(EDITED), state.get(GAP)
        return cls(
            newest=Newest.of_state(state),
            edited=instant_of(edited) if edited else None,
            given=state.get(GIVEN) or {},
            arrived=tuple(state.get(ARRIVED) or ()),
            gap=Gap.of_state(gap) if gap else None,
        )

    def put(self, state: MutableMapping[str, Any], replication_key: str) -> None:
        """Write the bookmark into a board's part of the state."""
        for name in (GIVEN, ARRIVED, GAP):
            state.pop(name, None)
        self.newest.put(state)
        if self.newest.date is not None:
            state["replication_key"] = replication_key
        if self.edited is not None:
            state[EDITED] = trello_time(self.edited)
        if self.given:
            state[GIVEN] = dict(self.given)
        if self.arrived:
            state[ARRIVED] = list(self.arrived)
        if self.gap is not None:
            state[GAP] = self.gap.as_state()

    @property
    def is_unread(self) -> bool:
        """Whether no run has come to the board's end yet."""
        return (self.newest if self.gap is None else self.gap.older).date is None

    def with_given(self, actions: list[Action]) -> Bookmark:
        """The bookmark once these are given, too, as far as they would be found again."""
        if self.edited is None:
            return self
        found = {
            action["id"]: edited_at(action)
            for action in actions
            if is_found_again(action, self.edited)
        }
        return replace(self, given={**self.given, **found}) if found else self

    def has_given(self, action: Action) -> bool:
        """Whether a comment was given just as it is."""
        return self.given.get(action["id"]) == edited_at(action)

    def edits_looked_for(self, until: datetime) -> Bookmark:
        """The bookmark once all edits until a time are given."""
        given = {
            id_: text
            for id_, text in self.given.items()
            if (instant_of(text) if text else made_at(id_) or until) >= until
        }
        return replace(self, edited=until, given=given)


def edited_at(action: Action) -> str:
    """When a comment was edited; empty if never."""
    return str(action["data"].get("dateLastEdited") or "")


def is_found_again(action: Action, since: datetime) -> bool:
    """Whether a comment that is given now will be found again for what happened to it since then.

    It was edited, or is a copy: copies have old dates and are found since their cards came.
    """
    edited = edited_at(action)
    if edited:
        return instant_of(edited) >= since
    made = made_at(action["id"])
    return action["type"] == "copyCommentCard" and made is not None and made >= since


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times, None counting as the earliest."""
    if one is None or other is None:
        return one or other
    return max(one, other)
