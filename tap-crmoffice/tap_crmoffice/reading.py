"""Reading a list that is given page by page and may change meanwhile."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from singer_rest import StopRun

from tap_crmoffice.contract import ID, ITEMS, TOTAL_COUNT, USER_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Page", "Reading", "page_of"]

STALE_PAGES = 2  # in a row, without a record that was not seen before, prove that no more come
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
    """All records of a list, each at least once, and again when it was seen to change.

    Pages are counted from the list's begin. A record that is edited while the list is read moves
    to its end and pulls the others forward, so that the first one of the next page is never seen.
    One that is committed late pushes them back. Such a move shows as a record seen twice or a
    sinking total; the list is then read again.

    Args:
        fetch: returns the page with a number, counted from 1.
        page_size: records per page that `fetch` asks for.
        resource: name of the list for messages.
        clock: seconds since some moment.
    """

    def __init__(
        self,
        fetch: Callable[[int], Page],
        *,
        page_size: int,
        resource: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settled = True
        """Whether the last sweep saw no record move, so that none can have been missed."""
        self.complete = False
        """Whether surely every record was given that was there all the time; see `thoroughly`."""
        self.seconds = 0.0
        """How long the last sweep took."""
        self.on_page: Callable[[int, int | None], None] | None = None
        """Called with the number of each page that was fetched, and how many there are if known."""
        self._clock = clock
        self._fetch = fetch
        self._page_size = page_size
        self._resource = resource
        self._sweeps = SWEEPS
        self._thorough = False
        self._given: dict[str, int] = {}

    def thoroughly(self) -> Reading:
        """Read so that a record which is not given is surely gone, and say so in `complete`.

        A record that is deleted before the current page hides another one. Where a new one is
        created at the same time, no total tells of it. But then the deleted one, which was seen,
        is missing in the next sweep: so the list is read until a sweep misses nothing of the
        one before. One of a single page needs no second sweep.
        """
        self._thorough = True
        self._sweeps = SWEEPS + 1
        return self

    def __iter__(self) -> Iterator[Raw]:
        """Yield raw records; again from the begin when some moved, at most `SWEEPS` times."""
        before: Sweep | None = None
        self._given.clear()
        for _ in range(self._sweeps):
            sweep = Sweep()
            began = self._clock()
            yield from self._sweep(sweep)
            self.seconds = self._clock() - began
            self.settled = sweep.settled
            self.complete = sweep.shows_all and (sweep.pages == 1 or sweep.repeats(before))
            if self.settled and (self.complete or not self._thorough or not sweep.at_end):
                return
            if not self.settled:
                logger.info("%s changed while they were read: reading them again", self._resource)
            before = sweep

    def _sweep(self, sweep: Sweep) -> Iterator[Raw]:
        longest = stale = 0
        total: int | None = None
        last: list[Raw] | None = None
        while stale < STALE_PAGES:
            sweep.pages += 1
            page = self._fetch(sweep.pages)
            keys = [_key(record) for record in page.records]
            fresh = len(set(keys) - sweep.seen)
            shrunk = total is not None and page.total is not None and page.total < total
            # Either all records moved on by a page, or the server ignores the number: the next
            # page tells.
            repeated = page.records == last
            if shrunk or (not repeated and (stale or fresh < len(keys))):
                sweep.settled = False
            if not keys:
                sweep.at_end = True
                break
            stale = 0 if fresh else stale + 1
            if fresh and self.on_page is not None:
                self.on_page(sweep.pages, pages_of(page, max(longest, len(keys))))
            yield from self._changed(keys, page.records)
            sweep.seen.update(keys)
            total, last = page.total, page.records
            if self._is_last(len(keys), longest, len(sweep.seen), total):
                sweep.at_end = True
                break
            longest = max(longest, len(keys))
        sweep.at_end = sweep.at_end and len(sweep.seen) >= (total or 0)

    def _changed(self, keys: list[str], records: list[Raw]) -> Iterator[Raw]:
        """The records that no sweep has given yet as they are."""
        for key, record in zip(keys, records, strict=True):
            content = hash(repr(record))
            if self._given.get(key) != content:
                self._given[key] = content
                yield record

    def _is_last(self, length: int, longest: int, seen: int, total: int | None) -> bool:
        """Whether no further page is needed.

        Without a total a short first page proves nothing: the server may allow less than asked.
        """
        if total is not None:
            return seen >= total
        return length < longest or length > self._page_size


@dataclass
class Sweep:
    """One way through the list.

    Attributes:
        pages: how many pages were asked for.
        seen: keys of the records.
        settled: whether no record was seen to move.
        at_end: whether the list surely ended where the sweep did.
    """

    pages: int = 0
    seen: set[str] = field(default_factory=set)
    settled: bool = True
    at_end: bool = False

    @property
    def shows_all(self) -> bool:
        """Whether nothing is seen to be missing."""
        return self.settled and self.at_end

    def repeats(self, before: Sweep | None) -> bool:
        """Whether it shows everything that the sweep before did, so that nothing was deleted."""
        return before is not None and before.shows_all and before.seen <= self.seen


def pages_of(page: Page, length: int) -> int | None:
    """How many pages of this length the list has; None where the API doesn't tell."""
    return None if page.total is None else math.ceil(page.total / length)


def _key(record: Raw) -> str:
    key = record.get(ID)
    return str(record.get(USER_NAME, record) if key is None else key)
