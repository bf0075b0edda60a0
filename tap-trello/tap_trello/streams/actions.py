"""The stream of actions: incremental, with a bookmark per board."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from singer_rest.versions import LATER_START
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_trello import schemas
from tap_trello.bookmarks import Bookmark
from tap_trello.records import TEXT, action_record, effective_action
from tap_trello.rounds import Position, Round
from tap_trello.settings import start_date_of
from tap_trello.sight import BOARDS
from tap_trello.streams import TrelloStream
from tap_trello.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from tap_trello.tap import TapTrello

__all__ = ["ActionsStream"]

Record = dict[str, Any]

FULL_READ_HOURS = 24  # between two full reads, unless the setting says otherwise
BOARD, COMMENTS = "idBoard", "comments"  # in the state


class ActionsStream(TrelloStream):
    """Everything that happened on the boards, and every edit of a comment.

    The bookmark is each board's newest date as Trello tells it, never one of a footer, which may
    lie in the future. It moves only when a board was read to its end.

    When a comment is missing, or a board was deleted, all boards are read as a whole: that alone
    tells Singer targets what is gone.
    """

    name = "actions"
    replication_key = "date"

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
        if not self.tells_deletions:
            yield from self._read(self._round(self._kept_positions))
            return
        doubt = self._doubt
        if doubt:
            self.logger.warning("%s: nothing counts as deleted, since %s", self.name, doubt)
        if doubt or not self._is_full_read_due:
            is_any_missing = yield from self._read_new()
            if doubt or not is_any_missing:
                return
        yield from self._read_all()

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: the board's bookmark itself says where to start."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: the bookmark is Trello's own time, and needs no cap at this machine's."""
        del context

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Nothing: the bookmark moves at a board's end, by dates that records may not show."""

    def _read_new(self) -> Generator[Record, None, bool]:
        """Read on from the bookmarks; return whether a comment is missing."""
        reads = self.full_reads
        if reads.version is None:
            reads = replace(reads, version=self.carry_new())
            reads.put(self.stream_state)
        self.carry(reads.version)
        news = self._round(self._kept_positions)
        yield from self._read(news)
        if self._counts_comments and news.is_any_comment_missing:
            return True
        self._keep_counts(news)
        return False

    def _read_all(self) -> Iterator[Record]:
        """Read everything with a new version, and at the end tell that all others are gone."""
        version = self.carry_new()
        everything = self._round({})
        yield from self._read(everything)
        # A card that was moved meanwhile, to a board that was read already, has been missed.
        news = self._round(everything.positions, earlier=everything)
        yield from self._read(news)
        vanished = everything.vanished + news.vanished
        if self.end_full_read(
            version,
            number=everything.number,
            doubt=f"board {vanished[0]} vanished while it was read" if vanished else None,
            start=start_date_of(self.config),
        ):
            covered = self.sight.covered(BOARDS)
            self._parts = [part for part in self._parts if part["context"][BOARD] in covered]
            self._keep_counts(everything)
            if not news.is_any_comment_missing:
                self._keep_counts(news)

    def _read(self, round_: Round) -> Iterator[Record]:
        for board in round_.boards:
            for action in round_.read(board):
                yield self._record(action)
            bookmark = round_.bookmark_of(board)
            if bookmark is not None:
                part = self.get_context_state({BOARD: board})
                if self.replication_method != REPLICATION_FULL_TABLE:
                    bookmark.put(part, self.replication_key)

    @property
    def _doubt(self) -> str | None:
        """Why a full read may lack actions that are not deleted; None if it has all."""
        if self.full_reads.leaves_out(start_date_of(self.config)):
            return LATER_START
        return self.doubt_about_places({BOARDS: self._known_boards})

    @property
    def _is_full_read_due(self) -> bool:
        reads = self.full_reads
        if self.replication_method == REPLICATION_FULL_TABLE or reads.at is None:
            return True
        if self._known_boards - self.sight.covered(BOARDS):  # deleted, or there would be a doubt
            return True
        hours = self.config.get("full_read_hours", FULL_READ_HOURS)
        return not self._counts_comments and reads.is_due(self.began, hours)

    @property
    def _counts_comments(self) -> bool:
        """Whether all comments are looked through in each run, so that a missing one shows."""
        is_full_table = self.replication_method == REPLICATION_FULL_TABLE
        return not is_full_table and self.config.get("edit_lookback_days") is None

    def _keep_counts(self, round_: Round) -> None:
        if not self._counts_comments:
            return
        for board, position in round_.positions.items():
            if position.comments is not None:
                part = self.get_context_state({BOARD: board})
                part[COMMENTS] = position.comments.as_state()

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
    def _kept_positions(self) -> dict[str, Position]:
        if self.replication_method == REPLICATION_FULL_TABLE:
            return {}
        return {
            part["context"][BOARD]: Position(
                Bookmark.of_state(part), Tally.of_state(part.get(COMMENTS))
            )
            for part in self._parts
        }

    def _round(self, positions: Mapping[str, Position], *, earlier: Round | None = None) -> Round:
        return Round(
            self.account.client,
            [board["id"] for board in self.account.boards],
            positions,
            start=start_date_of(self.config),
            edits_since=self._edits_since,
            earlier=earlier,
        )

    @property
    def _edits_since(self) -> datetime | None:
        days = self.config.get("edit_lookback_days")
        if days is None:
            return None
        now = self.account.client.server_time or datetime.now(timezone.utc)
        return now - timedelta(days=days)

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
