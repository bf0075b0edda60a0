"""Reading a list that is given page by page and may change meanwhile."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_rest import StopRun

from tap_crmoffice.contract import ID, ITEMS, TOTAL_COUNT, USER_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Page", "Reading", "page_of"]

SWEEPS = 3  # how often a list is read at most when records move while it is read

logger = logging.getLogger(__name__)

Raw = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Attributes:
        records: the records as the API gave them.
        total: number of records of the whole list, or None where the API doesn't tell.
    """

    records: list[Raw]
    total: int | None


def page_of(answer: Any, resource: str) -> Page:
    """The page in an answer: an object with `items`, or a bare array.

    Raises:
        StopRun: when it is neither, e.g. because another API answers at this address.
    """
    records = answer.get(ITEMS) if isinstance(answer, dict) else answer
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise StopRun(
            f"CRMOffice answers GET /{resource} with something that is not a list of records: "
            "check the setting api_url"
        )
    total = answer.get(TOTAL_COUNT) if isinstance(answer, dict) else None
    return Page(records, total if isinstance(total, int) else None)


class Reading:
    """All records of a list, each at least once.

    Pages are counted from the list's begin. A record that is edited while the list is read moves
    to its end and pulls the others forward, so that the first one of the next page is never seen.
    Such a move shows as a record seen twice or a sinking total; the list is then read again.

    Args:
        fetch: returns the page with a number, counted from 1.
        page_size: records per page that `fetch` asks for.
        resource: name of the list for messages.
    """

    def __init__(self, fetch: Callable[[int], Page], *, page_size: int, resource: str) -> None:
        self.settled = True
        """Whether the last sweep saw no record move, so that none can have been missed."""
        self._fetch = fetch
        self._page_size = page_size
        self._resource = resource

    def __iter__(self) -> Iterator[Raw]:
        """Yield raw records; again from the begin when some moved, at most `SWEEPS` times."""
        for _ in range(SWEEPS):
            self.settled = True
            yield from self._sweep()
            if self.settled:
                return
            logger.info("%s changed while they were read: reading them again", self._resource)

    def _sweep(self) -> Iterator[Raw]:
        seen: set[str] = set()
        received = longest = number = 0
        total: int | None = None
        while True:
            number += 1
            page = self._fetch(number)
            keys = [_key(record) for record in page.records]
            fresh = len(set(keys) - seen)
            if not fresh:
                return  # beyond the end, or the server ignores the number and repeats itself
            shrunk = total is not None and page.total is not None and page.total < total
            if fresh < len(keys) or shrunk:
                self.settled = False
            yield from page.records
            seen.update(keys)
            received += len(keys)
            total = page.total
            if self._is_last(len(keys), longest, received, total):
                return
            longest = max(longest, len(keys))

    def _is_last(self, length: int, longest: int, received: int, total: int | None) -> bool:
        """Whether no further page is needed.

        Without a total a short first page proves nothing: the server may allow less than asked.
        """
        if total is not None:
            return received >= total
        return length < longest or length > self._page_size


def _key(record: Raw) -> str:
    key = record.get(ID)
    return str(record.get(USER_NAME, record) if key is None else key)
