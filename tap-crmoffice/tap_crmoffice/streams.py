"""The streams, parents first: a reference then mostly points to a record that is known already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest import PlainStreamErrors
from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import override

from tap_crmoffice.contract import ACTIVITIES, COMPANIES, CONTACTS, ID, UPDATED_AT, USERS
from tap_crmoffice.instants import bookmark_of, instant
from tap_crmoffice.records import record_of
from tap_crmoffice.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from singer_sdk.helpers.types import Context, Record

    from tap_crmoffice.client import CrmOfficeClient
    from tap_crmoffice.tap import TapCrmOffice

__all__ = ["STREAMS", "CrmOfficeStream", "UpdatedStream"]


class CrmOfficeStream(PlainStreamErrors, Stream):
    """A resource, read as a whole each time."""

    primary_keys = (ID,)
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records pass through as they are
    _tap: TapCrmOffice

    def __init__(self, tap: TapCrmOffice) -> None:
        super().__init__(tap, schema=SCHEMAS[self.name])

    @property
    def client(self) -> CrmOfficeClient:
        """The client that all streams of a run share."""
        return self._tap.client

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        for raw in self.client.read(self.name):
            record = record_of(self.name, raw)
            if self.has_key(record):
                yield record

    def has_key(self, record: Record) -> bool:
        """Whether the record can be told from others; a warning if not."""
        if record.get(ID) is None:
            self.logger.warning("a record without an id is left out")
            return False
        return True


class UpdatedStream(CrmOfficeStream):
    """A resource of which only records are read that were updated since the last run.

    The bookmark is the latest `updatedAt` seen, by the server's clock, and inclusive.
    """

    replication_key = UPDATED_AT

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """No upper limit for the bookmark: this machine's clock says nothing about the server's."""

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        since = self.get_starting_timestamp(context)
        reading = self.client.read(self.name, since)
        for raw in reading:
            record = record_of(self.name, raw)
            if not is_older(raw, since) and self.has_key(record):
                yield record
        if not reading.settled:
            self.logger.warning(
                "%s kept changing while they were read: the bookmark stays, so that the next run "
                "finds what this one may have missed",
                self.name,
            )
            self.get_context_state(context).pop("progress_markers", None)

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Move the bookmark; the SDK compares texts, so it gets them in UTC."""
        moment = instant(latest_record.get(UPDATED_AT))
        if moment:
            super()._increment_stream_state({UPDATED_AT: bookmark_of(moment)}, context=context)


def is_older(raw: dict[str, Any], since: datetime | None) -> bool:
    """Whether a record was surely updated before the bookmark: the server may not have looked."""
    moment = instant(raw.get(UPDATED_AT), latest=True)
    return since is not None and moment is not None and moment < since


class CompaniesStream(UpdatedStream):
    """Companies."""

    name = COMPANIES


class UsersStream(CrmOfficeStream):
    """Users: few, without `updatedAt`, so read as a whole."""

    name = USERS


class ContactsStream(UpdatedStream):
    """Contacts, mostly of a company."""

    name = CONTACTS


class ActivitiesStream(UpdatedStream):
    """Activities, mostly with an owner, a company and a contact."""

    name = ACTIVITIES


STREAMS: tuple[type[CrmOfficeStream], ...] = (
    CompaniesStream,
    UsersStream,
    ContactsStream,
    ActivitiesStream,
)
