"""How far the actions of a board or workspace were read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tap_trello.counts import Count
from tap_trello.feed import Cursor
from tap_trello.instants import instant_of, made_at, trello_time
from tap_trello.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping
    from datetime import datetime

__all__ = ["Bookmark", "Gap", "edit_of"]

EDITED, GIVEN, ARRIVED, GAP = "edits_bookmark", "given", "arrived", "gap"
OLDEST, SEEN, COUNTED = "oldest", "seen", "counted"

Action = dict[str, Any]


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
    counted: Count = field(default_factory=Count)

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Gap:
        """What `as_state` has written."""
        cursor = Cursor(instant_of(state[OLDEST]), frozenset(state[SEEN]))
        counted = Count.of_state(state[COUNTED], Newest())
        return cls(cursor, Newest.of_state(state), counted or Count())

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        return {
            OLDEST: trello_time(self.cursor.oldest),
            SEEN: sorted(self.cursor.seen),
            COUNTED: self.counted.as_state(),
            **self.older.as_state(),
        }


@dataclass(frozen=True)
class Bookmark:
    """How far a board was read.

    Attributes:
        newest: the newest actions that were given.
        edited: time up to which edits of comments were looked for; None if never.
        given: comments that were given as somebody edited or copied them since then, and would be
            found again: when they were edited, by id; empty texts for copies.
        arrived: cards that came, by id, and from which time on the feed has their comments: older
            ones are to be read.
        gap: what a run that broke off has left out.
    """

    newest: Newest = field(default_factory=Newest)
    edited: datetime | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    arrived: Mapping[str, datetime] = field(default_factory=dict)
    gap: Gap | None = None

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Bookmark:
        """The bookmark in a board's part of the state."""
        edited, gap = state.get(EDITED), state.get(GAP)
        return cls(
            newest=Newest.of_state(state),
            edited=instant_of(edited) if edited else None,
            given={id_: checked(text) for id_, text in (state.get(GIVEN) or {}).items()},
            arrived={card: instant_of(text) for card, text in (state.get(ARRIVED) or {}).items()},
            gap=Gap.of_state(gap) if gap else None,
        )

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        state = self.newest.as_state()
        if self.edited is not None:
            state[EDITED] = trello_time(self.edited)
        if self.given:
            state[GIVEN] = dict(self.given)
        if self.arrived:
            state[ARRIVED] = {card: trello_time(time) for card, time in self.arrived.items()}
        if self.gap is not None:
            state[GAP] = self.gap.as_state()
        return state

    def put(self, state: MutableMapping[str, Any], replication_key: str) -> None:
        """Write it into a part of the state; a signal that comes meanwhile finds nothing lost."""
        kept = self.as_state()
        if self.newest.date is not None:
            kept["replication_key"] = replication_key
        state.update(kept)
        for name in {GIVEN, ARRIVED, GAP} - kept.keys():
            state.pop(name, None)

    @property
    def is_unread(self) -> bool:
        """Whether no run has come to the board's end yet."""
        return (self.newest if self.gap is None else self.gap.older).date is None

    def with_given(self, actions: Iterable[Action]) -> Bookmark:
        """The bookmark once these are given, too, as far as they would be found again."""
        found = {
            action["id"]: edit_text(action)
            for action in actions
            if is_found_again(action, self.edited)
        }
        return replace(self, given={**self.given, **found}) if found else self

    def has_given(self, action: Action) -> bool:
        """Whether a comment was given just as it is."""
        return self.given.get(action["id"]) == edit_text(action)

    def with_arrived(self, cards: Iterable[str], since: datetime) -> Bookmark:
        """The bookmark once cards came.

        Args:
            cards: their ids.
            since: the feed has their comments from this time on.
        """
        came = {card: max(since, self.arrived.get(card, since)) for card in cards if card}
        return replace(self, arrived={**self.arrived, **came}) if came else self

    def without_arrived(self, card: str) -> Bookmark:
        """The bookmark once a card's comments are given."""
        left = {each: time for each, time in self.arrived.items() if each != card}
        return replace(self, arrived=left)

    def edits_looked_for(self, until: datetime) -> Bookmark:
        """The bookmark once all edits until a time are given."""
        given = {
            id_: text
            for id_, text in self.given.items()
            if (instant_of(text) if text else made_at(id_) or until) >= until
        }
        return replace(self, edited=until, given=given)


def checked(text: str) -> str:
    """A time as it was kept, or an empty text; ValueError if it is neither."""
    if text:
        instant_of(text)
    return text


def edit_of(action: Action) -> datetime | None:
    """When a comment was edited; None if never."""
    text = edit_text(action)
    return instant_of(text) if text else None


def edit_text(action: Action) -> str:
    """When a comment was edited, as Trello tells it; empty if never."""
    return str(action["data"].get("dateLastEdited") or "")


def is_found_again(action: Action, since: datetime | None) -> bool:
    """Whether a comment that is given now will be found again for what happened to it since then.

    It was edited, or is a copy: copies have old dates and are found since their cards came.
    """
    happened = edit_of(action)
    if happened is None and action["type"] == "copyCommentCard":
        happened = made_at(action["id"])
    return happened is not None and (since is None or happened >= since)
