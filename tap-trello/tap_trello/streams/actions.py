"""The stream of actions: incremental, with a bookmark per board."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from singer_rest import computed_once
from singer_rest.versions import LATER_START
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_trello import schemas
from tap_trello.account import ACTIVITY
from tap_trello.board_actions import Position
from tap_trello.bookmarks import Bookmark
from tap_trello.census import Count
from tap_trello.fields import actions_query
from tap_trello.marks import settled
from tap_trello.records import TEXT, action_record, effective_action
from tap_trello.rounds import Limits, Round
from tap_trello.settings import start_date_of
from tap_trello.sight import BOARDS
from tap_trello.streams.base import TrelloStream

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

    from tap_trello.rounds import Step
    from tap_trello.streams.base import Record
    from tap_trello.tap import TapTrello

__all__ = ["ActionsStream"]

BOARD, COMMENTS, SWEEP, BOARD_ACTIVITY = "idBoard", "comments", "sweep", "activity"  # in the state

Positions = dict[str, Position]


class ActionsStream(TrelloStream):
    """Everything that happened on the boards, and every edit of a comment.

    The bookmark is each board's newest date as Trello tells it, never one of a footer, which may
    lie in the future. It moves with each page.

    Boards on which nothing has happened are left out, but for sweeps. When a comment is missing, or
    a board was deleted, all boards are read as a whole: that alone tells Singer targets what is
    gone.
    """

    name = "actions"
    replication_key = "date"
    added = ("footer", "unstated")

    def __init__(self, tap: TapTrello) -> None:
        super().__init__(tap)
        self._warned_of: set[str] = set()

    @property
    def schema(self) -> dict[str, Any]:
        """The schema; reading footers adds two properties."""
        return schemas.actions_schema(read_footers=self.reads_footers)

    @property
    def reads_footers(self) -> bool:
        """Whether footers of trusted authors count."""
        return bool(self.config.get("read_footers"))

    @property
    def partitions(self) -> None:
        """None for the SDK: all boards are read together; each has its own part of the state."""
        return

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """New actions and edited comments of all boards; all actions if some are gone."""
        del context
        doubt = self._doubt if self.tells_deletions else None
        if doubt:
            self.logger.warning("%s: nothing counts as deleted, since %s", self.name, doubt)
        if not doubt and self._is_everything_due:
            yield from self._read_all()
            return
        is_any_missing = yield from self._read_new()
        if is_any_missing and self.tells_deletions and not doubt:
            yield from self._read_all()

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: the board's bookmark itself says where to start."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: the bookmark is Trello's own time, and needs no cap at this machine's."""
        del context

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Nothing: the bookmark moves with each page, by dates that records may not show."""

    def _read_new(self) -> Generator[Record, None, bool]:
        """Read on from the bookmarks; return whether a comment is missing."""
        self.carry_last()
        is_sweep = self.is_sweep_due
        boards = [
            board["id"] for board in self.account.boards if is_sweep or not self._is_still(board)
        ]
        news = self._round(boards, self._kept_positions)
        yield from self._read(news)
        if news.is_any_comment_missing:
            return True
        self._keep_ends(news)
        if is_sweep:
            self.note_sweep()
        return False

    def _read_all(self) -> Iterator[Record]:
        """Read everything, and at the end tell that all others are gone."""
        number = self.begin_sweep()
        begun = {
            part["context"][BOARD]: position_in(part)
            for part in self._parts
            if part.get(SWEEP) == number
        }
        done = {id_: position for id_, position in begun.items() if not position.bookmark.gap}
        boards = [board["id"] for board in self.account.boards if board["id"] not in done]
        everything = self._round(boards, begun)
        yield from self._read(everything, sweep=number)
        # A card that was moved meanwhile, to a board that was read already, has been missed.
        news = self._round(self._moved(done), everything.positions)
        yield from self._read(news)
        vanished = everything.vanished + news.vanished
        if self.end_sweep(
            number,
            count=everything.number + len(done),
            doubt=f"board {vanished[0]} vanished while it was read" if vanished else None,
            start=start_date_of(self.config),
        ):
            covered = self.sight.covered(BOARDS)
            self._parts = [part for part in self._parts if part["context"][BOARD] in covered]
        if not news.is_any_comment_missing:  # else the next run is to find that out
            self._keep_ends(news)
        for part in self._parts:
            part.pop(SWEEP, None)

    def _read(self, round_: Round, *, sweep: int | None = None) -> Iterator[Record]:
        self.progress.begin("boards", total=len(round_.boards))
        for step in round_.steps(self._trello_tap.read_ahead):
            for action in step.actions:
                yield self._record(action)
            if self.replication_method != REPLICATION_FULL_TABLE and not step.is_gone:
                self._keep(step, sweep)
                self.write_state_by_and_by(len(step.actions))
            if step.is_last:
                self.progress.advance()

    def _keep(self, step: Step, sweep: int | None) -> None:
        """Write into the state how far a board was read."""
        part = self.get_context_state({BOARD: step.board})
        if sweep is not None and part.get(SWEEP) != sweep:
            for name in part.keys() - {"context"}:
                del part[name]
            part[SWEEP] = sweep
        if step.bookmark is not None:
            step.bookmark.put(part, self.replication_key)
        if sweep is not None and step.census is not None:
            self._keep_end(part, step.census.now)

    def _keep_ends(self, round_: Round) -> None:
        """Write into the state what was found of the boards that were read to their ends."""
        if self.replication_method != REPLICATION_FULL_TABLE:
            for board in round_.ended:
                count = round_.positions[board].count
                self._keep_end(self.get_context_state({BOARD: board}), count)

    def _keep_end(self, part: dict[str, Any], count: Count | None) -> None:
        activity = settled(self._activity[part["context"][BOARD]], self.account.listed_at)
        part.pop(BOARD_ACTIVITY, None)
        if activity is not None:
            part[BOARD_ACTIVITY] = activity
        if count is not None:
            part[COMMENTS] = count.as_state()

    @property
    def _doubt(self) -> str | None:
        """Why a full read may lack actions that are not deleted; None if it has all."""
        if self.full_reads.leaves_out(start_date_of(self.config)):
            return LATER_START
        return self.doubt_about_places({BOARDS: self._known_boards})

    @property
    def _is_everything_due(self) -> bool:
        """Whether all actions are to be read again, and not only what is new."""
        is_full_table = self.replication_method == REPLICATION_FULL_TABLE
        if is_full_table or self.sweeps.begun is not None:
            return True
        if self.tells_deletions and self.full_reads.at is None:
            return True
        if self.tells_deletions and self._known_boards - self.sight.covered(BOARDS):
            return True  # deleted, or there would be a doubt
        # With a lookback, nothing but reading everything finds edits and deletions of older ones.
        return self._lookback is not None and self.is_sweep_due

    @computed_once
    def _activity(self) -> dict[str, str | None]:
        """When something happened last on the boards, as they were listed."""
        return {board["id"]: board.get(ACTIVITY) for board in self.account.boards}

    def _moved(self, done: Collection[str]) -> list[str]:
        """The boards on which something has happened since they were read.

        Args:
            done: ids of those that a run has read which broke off.
        """
        now = self.account.activity_now()
        then = dict(self._activity)
        then.update({id_: self._parts_by_board[id_].get(BOARD_ACTIVITY) for id_ in done})
        return [id_ for id_ in self._activity if now.get(id_) != then[id_]]

    def _is_still(self, board: Record) -> bool:
        """Whether nothing has happened on a board since it was read to its end."""
        part = self._parts_by_board.get(board["id"], {})
        activity = part.get(BOARD_ACTIVITY)
        return activity is not None and activity == board.get(ACTIVITY)

    @computed_once
    def _parts_by_board(self) -> dict[str, Record]:
        """The parts of the state as the run found them."""
        return {part["context"][BOARD]: part for part in self._parts}

    @property
    def _lookback(self) -> int | None:
        days: int | None = self.config.get("edit_lookback_days")
        return days

    @property
    def _parts(self) -> list[dict[str, Any]]:
        """The boards' parts of the state."""
        parts: list[dict[str, Any]] = self.stream_state.get("partitions", [])
        return parts

    @_parts.setter
    def _parts(self, parts: list[dict[str, Any]]) -> None:
        self.stream_state["partitions"] = parts

    @property
    def _known_boards(self) -> set[str]:
        return {part["context"][BOARD] for part in self._parts}

    @property
    def _kept_positions(self) -> Positions:
        if self.replication_method == REPLICATION_FULL_TABLE:
            return {}
        return {part["context"][BOARD]: position_in(part) for part in self._parts}

    def _round(self, boards: Sequence[str], positions: Mapping[str, Position]) -> Round:
        limits = Limits(start_date_of(self.config), self._edits_since, actions_query(self.fields))
        return Round(self.account.client, boards, positions, limits)

    @property
    def _edits_since(self) -> datetime | None:
        if self._lookback is None:
            return None
        return self.account.listed_at - timedelta(days=self._lookback)

    def _record(self, action: Record) -> Record:
        if not self.reads_footers:
            return action_record(action)
        record = effective_action(action, self.account.trusted_ids, self.account.directory)
        if TEXT in record.get("unstated", ()):
            self._warn_of(action["idMemberCreator"])
        return record

    def _warn_of(self, author: str) -> None:
        if author not in self._warned_of:
            self._warned_of.add(author)
            self.logger.warning(
                "comments of member %s end with a footer as target-trello writes it, but "
                "member_tokens has no token of theirs: edits of these comments are not followed",
                author,
            )


def position_in(part: Record) -> Position:
    """How far a board was read, from its part of the state."""
    bookmark = Bookmark.of_state(part)
    return Position(bookmark, Count.of_state(part.get(COMMENTS), bookmark.newest))
