"""The records of a resource, and what reading them has shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_crmoffice.contract import ID, UPDATED_AT
from tap_crmoffice.instants import instant
from tap_crmoffice.records import record_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_rest import Progress

    from tap_crmoffice.client import CrmOfficeClient

__all__ = ["Harvest"]

logger = logging.getLogger(__name__)

Record = dict[str, Any]


class Harvest:
    """Records of a resource; iterating over it reads them.

    Args:
        client: the API.
        resource: name of the resource.
        since: leave out records that were updated before.
    """

    def __init__(
        self, client: CrmOfficeClient, resource: str, since: datetime | None = None
    ) -> None:
        self.since = since
        self.number = 0
        """How many records were given; one that changed meanwhile counts again."""
        self.latest: datetime | None = None
        """The latest `updatedAt` of a record that was given."""
        self._resource = resource
        self._reading = client.read(resource, since)
        self._without_id = 0

    def __iter__(self) -> Iterator[Record]:
        """Read the records; one without an id can't be told from others and is left out."""
        for raw in self._reading:
            if is_older(raw, self.since):
                continue
            record = record_of(self._resource, raw)
            if record.get(ID) is None:
                logger.warning("%s: a record without an id is left out", self._resource)
                self._without_id += 1
                continue
            self._note(record)
            yield record

    def shown_on(self, progress: Progress) -> Harvest:
        """Tell the progress which page is read."""

        def on_page(number: int, total: int | None) -> None:
            if number == 1:
                progress.begin("pages", total)
            progress.expect(total)
            progress.advance()

        self._reading.on_page = on_page
        return self

    def thoroughly(self) -> Harvest:
        """Read so that a record which is not given is surely gone, if `is_complete` says so."""
        self._reading.thoroughly()
        return self

    @property
    def settled(self) -> bool:
        """Whether no record can have been missed because it was edited meanwhile."""
        return self._reading.settled

    @property
    def is_complete(self) -> bool:
        """Whether surely every record was given that is there."""
        return self._reading.complete and not self._without_id

    def _note(self, record: Record) -> None:
        self.number += 1
        moment = instant(record.get(UPDATED_AT))
        if moment is not None and (self.latest is None or moment > self.latest):
            self.latest = moment


def is_older(raw: Record, since: datetime | None) -> bool:
    """Whether a record was surely updated before: the server may not have looked."""
    moment = instant(raw.get(UPDATED_AT), latest=True)
    return since is not None and moment is not None and moment < since
