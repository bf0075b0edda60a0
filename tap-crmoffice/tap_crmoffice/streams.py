"""The streams, parents first: a reference then mostly points to a record that is known already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from singer_rest import PlainStreamErrors, WatchedStream
from singer_rest.versions import LATER_START, VersionedStream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_crmoffice.bookmark import Bookmark, Given
from tap_crmoffice.contract import ACTIVITIES, COMPANIES, CONTACTS, ID, UPDATED_AT, USERS
from tap_crmoffice.harvest import Harvest
from tap_crmoffice.instants import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Context, Record

    from tap_crmoffice.client import CrmOfficeClient
    from tap_crmoffice.tap import TapCrmOffice

__all__ = ["STREAMS", "CrmOfficeStream", "UpdatedStream"]

FULL_READ_HOURS = 24  # between two full reads, unless the setting says otherwise
OVERLAP_SECONDS = 60  # read again before the bookmark, unless the setting says otherwise


class CrmOfficeStream(PlainStreamErrors, WatchedStream, VersionedStream):
    """A resource, read as a whole each time."""

    primary_keys = (ID,)
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records pass through as they are
    _tap: TapCrmOffice

    def __init__(self, tap: TapCrmOffice) -> None:
        super().__init__(tap, schema=tap.schemas[self.name])

    @property
    def client(self) -> CrmOfficeClient:
        """The client that all streams of a run share."""
        return self._tap.client

    @property
    @override
    def measured_clients(self) -> Iterable[CrmOfficeClient]:
        return (self.client,)

    def harvest(self, since: datetime | None = None, given: Given | None = None) -> Harvest:
        """The records that were updated since, whose reading the progress shows."""
        return Harvest(self.client, self.name, since, given).shown_on(self.progress)

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        harvest = self.harvest()
        yield from self.read_all(harvest) if self.tells_deletions else harvest

    def read_all(self, harvest: Harvest) -> Iterator[Record]:
        """Every record, with a new version; at the end tell that all others are gone."""
        version = self.carry_new()
        yield from harvest.thoroughly()
        doubt = self._doubt_about(harvest)
        self.end_full_read(version, number=harvest.number, doubt=doubt, start=harvest.since)

    def _doubt_about(self, harvest: Harvest) -> str | None:
        """Why a full read may lack records that are not deleted; None if it has all."""
        if not harvest.is_complete:
            return "the list changed, or did not show its end, while it was read"
        return LATER_START if self.full_reads.leaves_out(harvest.since) else None


class UpdatedStream(CrmOfficeStream):
    """A resource of which only records are read that were updated since the last run.

    Now and then it is read as a whole, since no list shows what was deleted.

    The bookmark is the latest `updatedAt` seen, by the server's clock. It moves when the stream has
    come to its end, so there is no progress on the way for the SDK to keep.
    """

    replication_key = UPDATED_AT

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """No upper limit for the bookmark: this machine's clock says nothing about the server's."""

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        before = Bookmark.of_state(self.stream_state)
        if self.tells_deletions and self._is_read_as_a_whole:
            harvest = self.harvest(self._start)
            yield from self.read_all(harvest)
            self._keep(harvest, before, harvest.given.latest)
        else:
            self.carry(self.full_reads.version if self.tells_deletions else None)
            harvest = self._harvest_since(before)
            yield from harvest
            self._keep(harvest, before, later_of(harvest.given.latest, before.moment))

    @property
    def _is_read_as_a_whole(self) -> bool:
        has_bookmark = bool(self.stream_state.get("replication_key_value"))
        if self.replication_method == REPLICATION_FULL_TABLE or not has_bookmark:
            return True
        if self.full_reads.leaves_out(self._start):
            self.logger.warning(
                "%s: deletions are not looked for, since %s", self.name, LATER_START
            )
            return False
        hours = self.config.get("full_read_hours", FULL_READ_HOURS)
        return self.full_reads.is_due(self.began, hours)

    @property
    def _start(self) -> datetime | None:
        """What is older was never wanted; a full table has no start."""
        if self.replication_method == REPLICATION_FULL_TABLE:
            return None
        return instant(self.config.get("start_date"))

    @property
    def _overlap(self) -> timedelta:
        return timedelta(seconds=self.config.get("overlap_seconds", OVERLAP_SECONDS))

    def _harvest_since(self, before: Bookmark) -> Harvest:
        """What was updated since the bookmark, or shortly before and not given yet."""
        if self.replication_method == REPLICATION_FULL_TABLE:
            return self.harvest()
        since = later_of(before.since(self._overlap), self._start)
        return self.harvest(since, Given(before.given))

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Nothing: the bookmark moves at the end, see `_keep`."""

    def _keep(self, harvest: Harvest, before: Bookmark, moment: datetime | None) -> None:
        """Move the bookmark to a moment, if surely nothing was missed, and note what was given."""
        after = before.moved(moment, harvest.seconds)
        if not harvest.settled:
            self.logger.warning(
                "%s kept changing while they were read: the bookmark stays, so that the next run "
                "finds what this one may have missed",
                self.name,
            )
            after = before
        if self.replication_method != REPLICATION_FULL_TABLE and harvest.given.latest:
            given = harvest.given.since(after.since(self._overlap), missed=not harvest.settled)
            replace(after, given=given).put(self.stream_state)


def later_of(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later one of two moments; None where there is none."""
    return max(one, other) if one and other else one or other


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
