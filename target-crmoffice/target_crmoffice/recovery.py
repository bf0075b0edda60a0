"""Finding the record that an unanswered creation may have made.

CRMOffice knows no idempotency key, so the only traces are the values that were sent and the time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from linked_target import property_of
from singer_rest import OutcomeUnknown
from singer_rest.creations import Creations
from tap_crmoffice.contract import CREATED_AT, ID
from tap_crmoffice.instants import instant
from tap_crmoffice.records import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from linked_target import Intent, Record
    from tap_crmoffice.client import CrmOfficeClient

__all__ = ["LostRecords", "key_of"]

SKEW = timedelta(minutes=5)
"""How far this machine's clock and the server's may differ."""

FIRST = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Reading:
    """The records of a resource that were created lately.

    Attributes:
        since: older records were left out.
        moment: when the reading began.
        records: the oldest first; without those that this run knows to be others' partners.
    """

    since: datetime
    moment: int
    records: list[Record]


class LostRecords:
    """Records of one resource that creations without an answer have made.

    The list is read once for many of them; again for one that was attempted since.

    Args:
        resource: name of the resource.
        client: the API.
    """

    def __init__(self, resource: str, client: CrmOfficeClient) -> None:
        self.creations = Creations()
        """What this run creates; each attempt has to be noted there."""
        self._resource = resource
        self._client = client
        self._last: Reading | None = None
        self._reading = threading.Lock()

    def record_of(
        self,
        values: Mapping[str, Any],
        intent: Intent,
        *,
        means_same: Callable[[str, Any, Any], bool],
        taken: Callable[[str], bool],
    ) -> Record | None:
        """The oldest record that fits: see `CrmOfficeDestination.recover`.

        Args:
            values: value by property name, as they were sent.
            intent: what was to be created, and when that began.
            means_same: whether two values of a property mean the same.
            taken: whether a record is linked already.

        Raises:
            OutcomeUnknown: when the list kept changing while it was read.
        """
        earliest = intent.begun_at - SKEW
        for record in self._read_after(intent, earliest):
            if (
                is_since(record, earliest)
                and not self.creations.is_others(record[ID], key_of(intent))
                and all(
                    means_same(name, sent, property_of(record, name))
                    for name, sent in values.items()
                )
                and not taken(record[ID])
            ):
                return record
        return None

    def _read_after(self, intent: Intent, earliest: datetime) -> list[Record]:
        """Records since a time, read after the last attempt at an intent."""
        with self._reading:
            last = self._last
            if last is None or not self._serves(last, intent, earliest):
                since = earliest if last is None else min(earliest, last.since)
                last = self._last = self._read(intent, since)
            return last.records

    def _serves(self, reading: Reading, intent: Intent, earliest: datetime) -> bool:
        key = key_of(intent)
        is_new = self.creations.shows(key, reading.moment) and not self.creations.is_answered(key)
        return is_new and reading.since <= earliest

    def _read(self, intent: Intent, since: datetime) -> Reading:
        """Read while nothing is being created: else it could not be told whose a record is."""
        with self.creations.none_under_way():
            moment = self.creations.now()
            reading = self._client.read(self._resource, since)
            records = {}
            for raw in reading:
                record = record_of(self._resource, raw)
                record_id = record.get(ID)
                if (
                    record_id is not None
                    and is_since(record, since)
                    and not self.creations.is_others(record_id, key_of(intent))
                ):
                    records[record_id] = record
        if not reading.settled:
            raise OutcomeUnknown(
                f"{self._resource} kept changing while the result of an earlier attempt was "
                "looked for"
            )
        return Reading(since, moment, sorted(records.values(), key=age_of))


def key_of(intent: Intent) -> tuple[str, str, str]:
    """What tells an intent from others."""
    return intent.source, intent.source_stream, intent.source_id


def is_since(record: Record, earliest: datetime) -> bool:
    """Whether a record was created since a time; one that doesn't tell may have been."""
    moment = instant(record.get(CREATED_AT), latest=True)
    return moment is None or moment >= earliest


def age_of(record: Record) -> tuple[datetime, int, str]:
    """Sorts records by their creation, then by their ids, numbers by value."""
    record_id = str(record[ID])
    number = int(record_id) if record_id.isdecimal() else 0
    return instant(record.get(CREATED_AT)) or FIRST, number, record_id
