"""The stream of actions: incremental, with a bookmark per board."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_trello import schemas
from tap_trello.board_actions import BoardActions, FirstPages
from tap_trello.bookmarks import Bookmark
from tap_trello.records import TEXT, action_record, effective_action
from tap_trello.settings import start_date_of
from tap_trello.streams import TrelloStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from tap_trello.tap import TapTrello

__all__ = ["ActionsStream"]

Record = dict[str, Any]

BOARDS_AT_ONCE = 5  # two first pages each make one batch


class ActionsStream(TrelloStream):
    """Everything that happened on the boards, and every edit of a comment.

    The bookmark is each board's newest date as Trello tells it, never one of a footer, which may
    lie in the future. It moves only when a board was read to its end.
    """

    name = "actions"
    replication_key = "date"

    def __init__(self, tap: TapTrello) -> None:
        super().__init__(tap)
        self._ready: dict[str, tuple[BoardActions, FirstPages]] = {}
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
    def partitions(self) -> list[dict[str, Any]]:
        """One partition of the state for each board."""
        return [{"idBoard": board["id"]} for board in self.account.boards]

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """New actions and edited comments of one board."""
        if context is None:  # the SDK's way to say that there is no board at all
            return
        reading, first = self._reading_of(context["idBoard"])
        try:
            for action in reading.read(first):
                yield self._record(action)
        except NotFound:
            self.logger.warning("board %s is gone", context["idBoard"])
            return
        if self.replication_method == REPLICATION_INCREMENTAL:
            reading.bookmark().put(self.get_context_state(context), self.replication_key)

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: the board's bookmark itself says where to start."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: the bookmark is Trello's own time, and needs no cap at this machine's."""
        del context

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Nothing: the bookmark moves at a board's end, by dates that records may not show."""

    def _process_record(
        self,
        record: Record,
        child_context: Context | None = None,
        partition_context: Context | None = None,
    ) -> None:
        """Nothing: the partition's key is no property of an action, and there are no children."""

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

    def _reading_of(self, board_id: str) -> tuple[BoardActions, FirstPages]:
        if board_id not in self._ready:
            self._prepare(board_id)
        return self._ready.pop(board_id)

    def _prepare(self, board_id: str) -> None:
        """Read the first pages of this board and of the next ones together."""
        ids = [partition["idBoard"] for partition in self.partitions]
        chosen = ids[ids.index(board_id) :][:BOARDS_AT_ONCE] if board_id in ids else [board_id]
        readings = {each: self._new_reading(each) for each in chosen}
        client = self.account.client
        began = client.server_time
        paths = {each: readings[each].first_paths for each in chosen}
        pages = client.get_many(path for each in chosen for path in paths[each])
        for each, reading in readings.items():
            # A refused one is read again by itself, which then raises its error.
            answers = [
                page if isinstance(page, list) else None for page in islice(pages, len(paths[each]))
            ]
            self._ready[each] = (reading, FirstPages(began, *answers))

    def _new_reading(self, board_id: str) -> BoardActions:
        state: Mapping[str, Any] = {}
        if self.replication_method == REPLICATION_INCREMENTAL:
            state = self.get_context_state({"idBoard": board_id})
        return BoardActions(
            self.account.client,
            board_id,
            Bookmark.of_state(state),
            start=start_date_of(self.config),
            edits_since=self._edits_since,
        )

    @property
    def _edits_since(self) -> datetime | None:
        days = self.config.get("edit_lookback_days")
        if days is None:
            return None
        now = self.account.client.server_time or datetime.now(timezone.utc)
        return now - timedelta(days=days)
