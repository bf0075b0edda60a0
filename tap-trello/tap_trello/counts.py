"""The comments that were on a board, as far as a later run may expect them there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tap_trello.instants import instant_of, made_at, trello_time
from tap_trello.newest import Newest, later
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Count"]

MADE = "made"

Action = dict[str, Any]


@dataclass(frozen=True)
class Count:
    """The comments that were on a board.

    Attributes:
        comments: their number and digest.
        newest: the newest actions that were there then.
        made: when the last of them was made, to the second; a copy is newer than its date.
    """

    comments: Tally = field(default_factory=Tally)
    newest: Newest = field(default_factory=Newest)
    made: datetime | None = None

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
        own, made = Newest.of_state(kept), kept.get(MADE)
        return cls(
            comments, newest if own.date is None else own, instant_of(made) if made else None
        )

    def as_state(self) -> dict[str, Any]:
        """A form for the state."""
        state = {**self.comments.as_state(), **self.newest.as_state()}
        if self.made is not None and (self.newest.date is None or self.made > self.newest.date):
            state[MADE] = trello_time(self.made)
        return state

    def and_also(self, comment: Action) -> Count:
        """The count once this comment is counted, too."""
        return replace(
            self,
            comments=self.comments + Tally.of(comment["id"]),
            made=later(self.made, made_at(comment["id"])),
        )

    def includes(self, comment: Action) -> bool:
        """Whether a comment was there then, unless it came with a card since."""
        made, last = made_at(comment["id"]), later(self.newest.date, self.made)
        return self.newest.covers(comment) and (made is None or last is None or made <= last)
