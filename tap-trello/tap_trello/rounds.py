"""One way through the boards: what is new on each, or everything."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound

from tap_trello.batch import MOST_ROUTES
from tap_trello.board_actions import BoardActions, FirstPages, Position
from tap_trello.census import is_any_missing
from tap_trello.instants import CLOCKS_DIFFER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from singer_rest.read_ahead import ReadAhead

    from tap_trello.bookmarks import Bookmark
    from tap_trello.census import Census
    from tap_trello.client import TrelloClient
    from tap_trello.counts import Count
    from tap_trello.last_look import LastLook

__all__ = ["Limits", "Round", "Step"]

Action = dict[str, Any]

FULL_BATCHES_AT_ONCE = 3  # each may bring ten pages of a thousand actions

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What of the boards' actions is read.

    Attributes:
        start: leave out actions of before.
        edits_since: look for edits in comments from this time on, and on changed cards; if None, in
            all, which are counted then.
        query: further parameters of the feeds.
    """

    start: datetime | None = None
    edits_since: datetime | None = None
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """Some actions of a board.

    Attributes:
        board: its id.
        actions: at most a page, as Trello answers them.
        bookmark: from where a later run could go on once they are given.
        count: all comments so far, once the first reading of a board has come to its end.
        uncounted: ids of those comments among the actions that are in no count yet.
        census: of the board's comments, with the last step of a board only.
        is_gone: whether the board turns out to be deleted, which is its last step, too.
    """

    board: str
    actions: Sequence[Action] = ()
    bookmark: Bookmark | None = None
    count: Count | None = None
    uncounted: Sequence[str] = ()
    census: Census | None = None
    is_gone: bool = False

    @property
    def is_last(self) -> bool:
        """Whether this is the last one of its board."""
        return self.census is not None or self.is_gone


class Round:
    """Reads boards, several at the same time.

    Args:
        client: the API.
        boards: ids of the boards, in the order in which they are given.
        positions: how far each was read before; a board without one is read as a whole.
        limits: what to read.
    """

    def __init__(
        self,
        client: TrelloClient,
        boards: Sequence[str],
        positions: Mapping[str, Position],
        limits: Limits,
    ) -> None:
        self.boards = boards
        self.vanished: list[str] = []
        """Boards that were deleted a moment ago."""
        self.ended: dict[str, Census] = {}
        """The censuses of boards that were read to their end."""
        self.number = 0
        """How many actions were given."""
        self._client = client
        self._positions = positions
        self._limits = limits
        self._uncounted = frozenset().union(*(self._position(each).uncounted for each in boards))

    def steps(self, read_ahead: ReadAhead, look: LastLook | None = None) -> Iterator[Step]:
        """New actions and edited comments, board by board.

        Args:
            read_ahead: threads to read with.
            look: to be taken once all is read.

        Raises:
            RecordRefused: when a board can't be read.
        """
        is_new = all(self._position(board).bookmark.is_unread for board in self.boards)
        sources = [partial(self.read, group) for group in self._groups()]
        for step in read_ahead.items(
            look.behind(sources) if look else sources,
            at_once=len(sources) if is_new else min(len(sources), FULL_BATCHES_AT_ONCE),
        ):
            yield step
            self._note(step)

    def read(self, boards: Sequence[str]) -> Iterator[Step]:
        """The steps of boards whose first pages are read together."""
        readings = {board: self._new_reading(board) for board in boards}
        began = self._client.server_time
        began = began and began - CLOCKS_DIFFER  # what is read twice for it is given once
        paths = {board: reading.first_paths for board, reading in readings.items()}
        pages = self._client.get_many(path for board in boards for path in paths[board])
        firsts = {board: FirstPages(began, *islice(pages, len(paths[board]))) for board in boards}
        for board in boards:
            yield from self.read_board(board, readings.pop(board), firsts.pop(board))

    def read_board(self, board: str, reading: BoardActions, first: FirstPages) -> Iterator[Step]:
        """The steps of one board."""
        try:
            for portion in reading.read(first):
                yield Step(
                    board, portion.actions, portion.bookmark, portion.count, portion.uncounted
                )
        except NotFound:
            logger.warning("board %s is gone", board)
            yield Step(board, is_gone=True)
        else:
            yield Step(board, bookmark=reading.bookmark, census=reading.census)

    @property
    def is_any_comment_missing(self) -> bool:
        """Whether a comment was deleted since the last count, as far as boards were counted."""
        if self._limits.edits_since is not None:
            return False
        return is_any_missing(self.ended.values(), self._uncounted)

    def _note(self, step: Step) -> None:
        self.number += len(step.actions)
        if step.is_gone:
            self.vanished.append(step.board)
        elif step.census is not None:
            self.ended[step.board] = step.census

    def _groups(self) -> Iterator[list[str]]:
        """The boards, cut where the paths of their first pages fill a batch."""
        group: list[str] = []
        paths = 0
        for board in self.boards:
            number = 1 if self._position(board).bookmark.is_unread else 2
            if group and paths + number > MOST_ROUTES:
                yield group
                group, paths = [], 0
            group.append(board)
            paths += number
        if group:
            yield group

    def _position(self, board: str) -> Position:
        return self._positions.get(board, Position())

    def _new_reading(self, board: str) -> BoardActions:
        limits = self._limits
        return BoardActions(
            self._client,
            board,
            self._position(board),
            start=limits.start,
            edits_since=limits.edits_since,
            query=limits.query,
            uncounted=self._uncounted,
        )
