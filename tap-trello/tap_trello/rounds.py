"""One way through the boards: what is new on each, or everything."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound

from tap_trello.board_actions import BoardActions, FirstPages
from tap_trello.bookmarks import Bookmark
from tap_trello.census import Census, is_any_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tap_trello.client import TrelloClient
    from tap_trello.tally import Tally

__all__ = ["Position", "Round"]

Action = dict[str, Any]

BOARDS_AT_ONCE = 5  # two first pages each make one batch

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Position:
    """How far a board was read.

    Attributes:
        bookmark: its bookmark; an empty one if it was never read.
        comments: the comments that were there, if they were counted.
    """

    bookmark: Bookmark = field(default_factory=Bookmark)
    comments: Tally | None = None


class Round:
    """Reads boards one after the other.

    Args:
        client: the API.
        boards: ids of the boards, in the order in which they will be read.
        positions: how far each was read before; a board without one is read as a whole.
        start: leave out actions of before.
        edits_since: look for edits in comments from this time on only.
        earlier: a round just before, whose actions are not given again as they were.
    """

    def __init__(
        self,
        client: TrelloClient,
        boards: Sequence[str],
        positions: Mapping[str, Position],
        *,
        start: datetime | None = None,
        edits_since: datetime | None = None,
        earlier: Round | None = None,
    ) -> None:
        self.boards = boards
        self.number = 0
        """How many actions were given."""
        self.vanished: list[str] = []
        """Boards that were deleted a moment ago."""
        self.given: dict[str, int] = {}
        """Hashes of the given actions that a next round reads again, by id."""
        self._given_earlier = {} if earlier is None else earlier.given
        self._client = client
        self._positions = positions
        self._limits = {"start": start, "edits_since": edits_since}
        self._ready: dict[str, tuple[BoardActions, FirstPages]] = {}
        self._bookmarks: dict[str, Bookmark] = {}
        self._censuses: dict[str, Census] = {}

    def read(self, board_id: str) -> Iterator[Action]:
        """New actions and edited comments of one board.

        Raises:
            RecordRefused: when the board can't be read.
        """
        if board_id not in self._ready:
            self._prepare(board_id)
        reading, first = self._ready.pop(board_id)
        try:
            for action in reading.read(first):
                if self._is_given_now(action, reading):
                    self.number += 1
                    yield action
        except NotFound:
            logger.warning("board %s is gone", board_id)
            self.vanished.append(board_id)
            return
        self._bookmarks[board_id] = reading.bookmark()
        self._censuses[board_id] = reading.census

    def bookmark_of(self, board_id: str) -> Bookmark | None:
        """The new bookmark of a board; None if it was not read to its end."""
        return self._bookmarks.get(board_id)

    @property
    def positions(self) -> dict[str, Position]:
        """How far each board was read to its end."""
        return {
            board: Position(bookmark, self._censuses[board].now)
            for board, bookmark in self._bookmarks.items()
        }

    @property
    def is_any_comment_missing(self) -> bool:
        """Whether a comment was deleted since the positions; all boards must have been read."""
        return is_any_missing(self._censuses.values())

    def _is_given_now(self, action: Action, reading: BoardActions) -> bool:
        """Whether the round before has not given it like this."""
        is_edited = "dateLastEdited" in action["data"]
        if not is_edited and action["id"] not in reading.newest_ids:
            return True
        content = self.given[action["id"]] = hash(repr(action))
        return self._given_earlier.get(action["id"]) != content

    def _prepare(self, board_id: str) -> None:
        """Read the first pages of this board and of the next ones together."""
        chosen = self.boards[self.boards.index(board_id) :][:BOARDS_AT_ONCE]
        readings = {each: self._new_reading(each) for each in chosen}
        began = self._client.server_time
        paths = {each: readings[each].first_paths for each in chosen}
        pages = self._client.get_many(path for each in chosen for path in paths[each])
        for each, reading in readings.items():
            # A refused one is read again by itself, which then raises its error.
            answers = [
                page if isinstance(page, list) else None for page in islice(pages, len(paths[each]))
            ]
            self._ready[each] = (reading, FirstPages(began, *answers))

    def _new_reading(self, board_id: str) -> BoardActions:
        position = self._positions.get(board_id, Position())
        return BoardActions(
            self._client,
            board_id,
            position.bookmark,
            expected=position.comments,
            **self._limits,
        )
