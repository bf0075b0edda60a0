"""The stream of actions: incremental, with a bookmark per board."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from singer_rest import computed_once
from singer_rest.versions import LATER_START
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_trello import schemas
from tap_trello.account import ACTIVITY
from tap_trello.action_records import ActionRecords
from tap_trello.board_parts import BoardPart, BoardParts, plain_state_errors, version_of
from tap_trello.fields import actions_query
from tap_trello.last_look import LastLook
from tap_trello.marks import settled
from tap_trello.rounds import Limits, Round
from tap_trello.settings import start_date_of
from tap_trello.sight import BOARDS
from tap_trello.streams.base import TrelloStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

    from tap_trello.board_actions import Position
    from tap_trello.census import Census
    from tap_trello.rounds import Step
    from tap_trello.streams.base import Record
    from tap_trello.sweeps import Sweeps

__all__ = ["ActionsStream"]

MISSING = "comments_missing"  # in the state: deletions were noticed and are yet to be told


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
        self._check_state()
        doubt = self._doubt if self.tells_deletions else None
        if doubt:
            self.logger.warning("%s: nothing counts as deleted, since %s", self.name, doubt)
        if not doubt and self._is_everything_due:
            yield from self._read_all()
            return
        is_all_needed = yield from self._read_new(is_doubtful=doubt is not None)
        if is_all_needed:
            yield from self._read_all()

    def _check_state(self) -> None:
        """Stop if the state was damaged, before anything of it is used."""
        with plain_state_errors():
            reads = self.full_reads
            for version in (self.sweeps.begun, reads.version, reads.failed_version):
                version_of(version)

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: the board's bookmark itself says where to start."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: the bookmark is Trello's own time, and needs no cap at this machine's."""
        del context

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Nothing: the bookmark moves with each page, by dates that records may not show."""

    @property
    def sweeps(self) -> Sweeps:
        """What the state tells of the sweeps; earlier releases noted full reads only."""
        sweeps = super().sweeps
        return sweeps if sweeps.at else replace(sweeps, at=self.full_reads.at)

    def _read_new(self, *, is_doubtful: bool) -> Generator[Record, None, bool]:
        """Read on from the bookmarks; return whether everything is to be read again.

        Args:
            is_doubtful: whether deletions can't be told now.
        """
        self.carry_last()
        # One that was begun goes on once deletions can be told.
        is_sweep = replace(self.sweeps, begun=None).is_due(self.began, self.sweep_hours)
        boards = [
            board["id"] for board in self.account.boards if is_sweep or not self._is_still(board)
        ]
        news = self._round(boards, self._parts.positions)
        yield from self._read(news)
        if news.is_any_comment_missing:
            if self.tells_deletions and not is_doubtful:
                return True
            self.stream_state[MISSING] = True  # until deletions can be told
        self._keep_ends(news)
        if is_sweep:
            replace(self.sweeps, at=self.began).put(self.stream_state)
        return False

    def _read_all(self) -> Iterator[Record]:
        """Read everything, and at the end tell that all others are gone."""
        if self._is_full_table:
            self.forget_begun_sweep()
        number = self.begin_sweep()
        begun = {board: self._parts[board] for board in self._parts}
        begun = {board: part for board, part in begun.items() if part.sweep == number}
        done = {board: part.activity for board, part in begun.items() if part.is_read}
        boards = [board["id"] for board in self.account.boards if board["id"] not in done]
        positions = {board: part.position for board, part in begun.items()}
        everything = self._round(boards, positions)
        look = LastLook(self.account)
        yield from self._read(everything, sweep=number, look=look)
        # A card that was moved meanwhile, to a board that was read already, has been missed.
        news = self._round(self._moved(look.activity, done), self._parts.positions)
        yield from self._read(news)
        vanished = everything.vanished + news.vanished
        is_told = self.end_sweep(
            number,
            count=everything.number + len(done),
            doubt=f"board {vanished[0]} vanished while it was read" if vanished else None,
            start=start_date_of(self.config),
        )
        self.stream_state.pop(MISSING, None)
        if is_told:
            # Of one that was read in this sweep, and then deleted, the next run is to tell.
            read = {board for board in self._parts if self._parts[board].sweep == number}
            self._parts.keep_only(self.sight.covered(BOARDS) | read)
        else:
            self.stream_state[MISSING] = True  # for all that anybody knows
        for each in (everything, news):
            if each.is_any_comment_missing:
                self.stream_state[MISSING] = True  # which the next run is to tell
            self._keep_ends(each)
        for board in self._parts:
            self._parts[board] = replace(self._parts[board], sweep=None)

    def _read(
        self, round_: Round, *, sweep: int | None = None, look: LastLook | None = None
    ) -> Iterator[Record]:
        self.progress.begin("boards", total=len(round_.boards))
        for step in round_.steps(self._trello_tap.read_ahead, look):
            for action in step.actions:
                yield self._records.of(action)
            if not step.is_gone:
                self._keep(step, sweep)
                self.write_state_by_and_by(len(step.actions))
            if step.is_last:
                self.progress.advance()

    def _keep(self, step: Step, sweep: int | None) -> None:
        """Write into the state how far a board was read."""
        part = self._parts[step.board]
        if sweep is not None and part.sweep != sweep:
            part = BoardPart(sweep=sweep)
        part = part.after(step)
        if sweep is not None and step.census is not None and step.census.before is None:
            part = self._ended(step.board, part, step.census)
        self._parts[step.board] = part

    def _keep_ends(self, round_: Round) -> None:
        """Write into the state what was found of the boards that were read to their ends."""
        for board, census in round_.ended.items():
            self._parts[board] = self._ended(board, self._parts[board], census)

    def _ended(self, board: str, part: BoardPart, census: Census) -> BoardPart:
        """What is kept of a board that was read to its end."""
        activity = settled(self._activity[board], self.account.listed_at)
        if self._lookback is not None:
            return part.ended(activity)
        if census.now is None:  # the next run is to count
            return replace(part, activity=None)
        return part.ended(None if census.given else activity, census.now, census.given)

    @property
    def _doubt(self) -> str | None:
        """Why a full read may lack actions that are not deleted; None if it has all."""
        if self.full_reads.leaves_out(start_date_of(self.config)):
            return LATER_START
        return self.doubt_about_places({BOARDS: list(self._parts)})

    @property
    def _is_everything_due(self) -> bool:
        """Whether all actions are to be read again, and not only what is new."""
        if self._is_full_table or self.sweeps.begun is not None:
            return True
        if self.tells_deletions and self._is_anything_untold:
            return True
        # With a lookback, nothing but reading everything finds edits and deletions of older ones.
        return self._lookback is not None and self.is_sweep_due

    @property
    def _is_anything_untold(self) -> bool:
        """Whether deletions are known, or would not be noticed, which only a full read tells."""
        if self.full_reads.at is None or self.stream_state.get(MISSING):
            return True
        # Boards that are not there any more were deleted, or there would be a doubt.
        return bool(set(self._parts) - self.sight.covered(BOARDS))

    @computed_once
    def _activity(self) -> dict[str, str | None]:
        """When something happened last on the boards, as they were listed."""
        return {board["id"]: board.get(ACTIVITY) for board in self.account.boards}

    def _moved(self, now: Mapping[str, str | None], done: Mapping[str, str | None]) -> list[str]:
        """The boards on which something has happened since they were read.

        Args:
            now: when something happened last on the boards, after they were read.
            done: those that a run has read which broke off, and when something had happened there.
        """
        then = {**self._activity, **done}
        return [id_ for id_ in self._activity if now.get(id_) != then[id_]]

    def _is_still(self, board: Record) -> bool:
        """Whether nothing has happened on a board since it was read to its end."""
        activity = self._parts[board["id"]].activity
        return activity is not None and activity == board.get(ACTIVITY)

    @property
    def _lookback(self) -> int | None:
        days: int | None = self.config.get("edit_lookback_days")
        return days

    @property
    def _is_full_table(self) -> bool:
        return bool(self.replication_method == REPLICATION_FULL_TABLE)

    @computed_once
    def _records(self) -> ActionRecords:
        """The form in which actions are given."""
        return ActionRecords(self.account, self.logger, read_footers=self.reads_footers)

    @computed_once
    def _parts(self) -> BoardParts:
        """What is kept of the boards; of a full table only for this run."""
        state: dict[str, Any] = {} if self._is_full_table else self.stream_state
        return BoardParts(state, self.replication_key)

    def _round(self, boards: Sequence[str], positions: Mapping[str, Position]) -> Round:
        limits = Limits(start_date_of(self.config), self._edits_since, actions_query(self.fields))
        return Round(self.account.client, boards, positions, limits)

    @property
    def _edits_since(self) -> datetime | None:
        if self._lookback is None:
            return None
        return self.account.listed_at - timedelta(days=self._lookback)
