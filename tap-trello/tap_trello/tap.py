"""The tap."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest import PlainErrors
from singer_rest.read_ahead import ReadAhead
from singer_rest.versions import EMIT_ACTIVATE_VERSION
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter

from tap_trello.account import Account
from tap_trello.fields import Fields, selected_fields
from tap_trello.login import login
from tap_trello.settings import SIGN_IN_SETTINGS, client_from_settings
from tap_trello.sight import Sight
from tap_trello.streams import STREAMS
from tap_trello.sweeps import SWEEP_HOURS

if TYPE_CHECKING:
    from singer_sdk import Stream

__all__ = ["TapTrello"]

REQUESTS_AT_ONCE = 10  # as many as Trello's quota allows in a second

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
        "include_archived",
        th.BooleanType,
        default=True,
        title="Include what is archived",
        description="Whether archived boards, lists and cards are read. If not, archiving one "
        "counts as deleting it.",
    ),
    th.Property(
        "edit_lookback_days",
        th.IntegerType(minimum=0),
        title="Lookback for edits, in days",
        description="How old a comment may be for its edits to be found on a board where something "
        "has happened, unless its card shows that something has happened there; any age by "
        "default.",
    ),
    th.Property(
        "sweep_hours",
        th.IntegerType(minimum=0),
        default=SWEEP_HOURS,
        title="Hours between sweeps",
        description="How often boards are read on which nothing seems to have happened, to find "
        "what leaves no trace in Trello, such as an edited comment; 0: in each run.",
    ),
    EMIT_ACTIVATE_VERSION,
)


class TapTrello(PlainErrors, Tap):
    """Singer tap for Trello."""

    name = "tap-trello"
    sub_commands = (login,)
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.to_dict()
    message_writer_class = MsgSpecWriter

    @cached_property
    def account(self) -> Account:
        """What the run covers."""
        return Account(
            client_from_settings(self.config),
            organization_ids=self.config.get("organization_ids") or (),
            board_ids=self.config.get("board_ids") or (),
            include_archived=self.config.get("include_archived", True),
            board_fields=self._wanted_of("boards"),
            organization_fields=self._wanted_of("organizations"),
        )

    def _wanted_of(self, name: str) -> Fields:
        """The fields that a stream wants; none if it is not selected."""
        stream = self.streams[name]
        return selected_fields(stream) if stream.selected else Fields(frozenset())

    @cached_property
    def sight(self) -> Sight:
        """What became of workspaces and boards that earlier runs have read."""
        return Sight(self.account)

    @cached_property
    def read_ahead(self) -> ReadAhead:
        """The threads that read several boards at the same time."""
        return ReadAhead(REQUESTS_AT_ONCE)

    def discover_streams(self) -> list[Stream]:
        """All streams."""
        return [stream(self) for stream in STREAMS]

    @property
    def streams(self) -> dict[str, Stream]:
        """The streams by name, in the order of `STREAMS`; the SDK would sort them by name."""
        if self._streams is None:
            found = super().streams
            self._streams = {stream.name: found[stream.name] for stream in STREAMS}
        return self._streams

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check each setting, then whether they suffice; not when only the catalog is wanted."""
        errors = super()._validate_config(raise_errors=raise_errors)
        if raise_errors:
            client_from_settings(self.config)
        return errors
