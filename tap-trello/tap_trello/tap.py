"""The tap."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import PlainErrors
from singer_rest.versions import EMIT_ACTIVATE_VERSION
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter

from tap_trello.account import Account
from tap_trello.actions import FULL_READ_HOURS, ActionsStream
from tap_trello.settings import SIGN_IN_SETTINGS, client_from_settings
from tap_trello.sight import Sight
from tap_trello.streams import (
    BoardsStream,
    CardsStream,
    ListsStream,
    MembersStream,
    OrganizationsStream,
)

if TYPE_CHECKING:
    from singer_sdk import Stream

    from tap_trello.streams import TrelloStream

__all__ = ["TapTrello"]

SETTINGS = th.PropertiesList(
    *SIGN_IN_SETTINGS,
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description="Leave out actions that happened before: a date or an ISO 8601 time.",
    ),
    th.Property(
        "organization_ids",
        th.ArrayType(th.StringType),
        title="Organizations",
        description="Ids or short names of the workspaces to read, with their boards; all that "
        "the token's member belongs to by default.",
    ),
    th.Property(
        "board_ids",
        th.ArrayType(th.StringType),
        title="Boards",
        description="Ids or short links of the boards to read; by default all boards of the "
        "token's member, or those in organization_ids.",
    ),
    th.Property(
        "read_footers",
        th.BooleanType,
        default=False,
        title="Read footers",
        description="Whether the footer of a comment tells its date, author and text, where the "
        "comment's author is the token's member or one of member_tokens.",
    ),
    th.Property(
        "edit_lookback_days",
        th.IntegerType(minimum=0),
        title="Lookback for edits, in days",
        description="How old a comment may be for its edits to be found; any age by default.",
    ),
    th.Property(
        "full_read_hours",
        th.IntegerType(minimum=0),
        default=FULL_READ_HOURS,
        title="Hours between full reads",
        description="With edit_lookback_days: how old the last full read of the actions may be "
        "before they are all read again, to find out what was deleted; 0: never. Without, each "
        "run finds out.",
    ),
    EMIT_ACTIVATE_VERSION,
)


class TapTrello(PlainErrors, Tap):
    """Singer tap for Trello."""

    name = "tap-trello"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.to_dict()
    message_writer_class = MsgSpecWriter

    stream_types: ClassVar[tuple[type[TrelloStream], ...]] = (
        OrganizationsStream,
        MembersStream,
        BoardsStream,
        ListsStream,
        CardsStream,
        ActionsStream,
    )
    """All streams, parents first: a target that links records wants to know them in this order."""

    @cached_property
    def account(self) -> Account:
        """What the run covers."""
        return Account(
            client_from_settings(self.config),
            organization_ids=self.config.get("organization_ids") or (),
            board_ids=self.config.get("board_ids") or (),
        )

    @cached_property
    def sight(self) -> Sight:
        """What became of workspaces and boards that earlier runs have read."""
        return Sight(self.account)

    def discover_streams(self) -> list[Stream]:
        """All streams."""
        return [stream(self) for stream in self.stream_types]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams by name, in the order of `stream_types`; the SDK would sort them by name."""
        if self._streams is None:
            by_type = {type(stream): stream for stream in super().streams.values()}
            self._streams = {by_type[kind].name: by_type[kind] for kind in self.stream_types}
        return self._streams
