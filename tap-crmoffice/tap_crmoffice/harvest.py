"""The records of a resource, and what reading them has shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_crmoffice.bookmark import Given
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
        given: leave out records that were given already and have not changed; by default each
            record is given.
    """

    def __init__(
        self,
        client: CrmOfficeClient,
        resource: str,
        since: datetime | None = None,
        given: Given | None = None,
    ) -> None:
        self.since = since
        self.number = 0
        """How many records were given; one that changed meanwhile counts again."""
        self.given = given or Given()
        """What was seen, and what of it the next run need not give again."""
        self._resource = resource
        self._reading = client.read(resource, since)
        self._without_id = 0

    def __iter__(self) -> Iterator[Record]:
        """Read the records; one without an id can't be told from others and is left out."""
        for raw in self._reading:
            until = instant(raw.get(UPDATED_AT), latest=True)
            if is_older(until, self.since):
                continue
            record = record_of(self._resource, raw)
            if record.get(ID) is None:
                logger.warning("%s: a record without an id is left out", self._resource)
                self._without_id += 1
                continue
            if self.given.is_news(record, until):
                self.number += 1
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
    def seconds(self) -> float:
        """How long the last reading of the list took."""
        return self._reading.seconds

    @property
    def is_complete(self) -> bool:
        """Whether surely every record was given that is there."""
        return self._reading.complete and not self._without_id


def is_older(until: datetime | None, since: datetime | None) -> bool:
    """Whether a record was surely updated before: the server may not have looked.

    Args:
        until: when it was updated, at the latest; None where it does not tell.
        since: None where no record is too old.
    """
    return since is not None and until is not None and until < since
