"""What earlier records and earlier runs left open: looked at when the input is over.

What another shard left open, or is just about to do, is not touched.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from linked_target.store.links import LINKED
from linked_target.store.open_properties import HELD, RETURNED, TAKEN
from linked_target.sync.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from linked_target.records import Record
    from linked_target.store.links import Link
    from linked_target.store.queue import QueuedRecord
    from linked_target.sync.attempts import Attempts
    from linked_target.sync.direction import StreamLink
    from linked_target.sync.steps import Steps
    from linked_target.sync.update import Updating

__all__ = ["Leftovers"]


class Leftovers:
    """Tries again what could not be done before, though no tap sends it again.

    Args:
        between: the two streams and how they are linked.
        attempts: the run's books.
        updating: writes what waits on links.
        sync: syncs one record, given its id, itself, its link and `final`.
        id_of: gives a record's id; if it has none the record fails.
    """

    def __init__(
        self,
        between: StreamLink,
        attempts: Attempts,
        updating: Updating,
        sync: Callable[..., Steps[Outcome]],
        id_of: Callable[[Record], str | None],
    ) -> None:
        self._between = between
        self._attempts = attempts
        self._updating = updating
        self._sync = sync
        self._id_of = id_of
        self._driver = between.direction.driver
        self._links = between.direction.links
        self._queue = between.direction.queue

    def queued(self, status: str) -> None:
        """Try records again that wait or failed; those that failed in this run rest."""
        self._driver.run(
            self._again(queued)
            for queued in self._queue.due(self._between.pair, status)
            if queued.source_id not in self._attempts.failed and self._between.shares(queued.record)
        )

    def _again(self, queued: QueuedRecord) -> Steps[None]:
        source_id = self._id_of(queued.record)
        if source_id is None:
            return
        steps = self._from_queue(source_id, queued.record)
        yield from self._attempts.attempt(source_id, queued.record, steps)
        if source_id != queued.source_id:  # it had no key before, or another one
            self._attempts.dequeue({queued.source_id})

    def in_state(self, state: str) -> None:
        """Look again for partners of records that have none."""
        for page in self._links.in_state(self._between.pair, state):
            ids = [link.source_id for link in page]
            elsewhere = self._links.linked_elsewhere(self._between.pair, ids)
            self._driver.run(self._matches(page, elsewhere))

    def open_properties(self) -> None:
        """Write properties that waited on links, as far as they can be written now."""
        system, pair = self._between.direction.destination, self._between.pair
        waiting = self._between.direction.open
        references = sorted(waiting.pending_references(system, pair), key=itemgetter(0))
        for name, values in groupby(references, key=itemgetter(0)):
            # A link waits for one value of a property: so no link is met twice side by side.
            self._driver.run(
                self._completed(
                    page
                    for _, value in values
                    if self._between.translated({name: value})[0]
                    for page in waiting.links_with_pending(system, pair, name, value)
                )
            )
        self._driver.run(self._completed(waiting.links_with((HELD, TAKEN), system, pair)))
        source = self._between.direction.source
        returned = waiting.links_with((RETURNED,), source, pair)
        self._driver.run(self._completed(returned, self._updating.write_returned))

    def _from_queue(self, source_id: str, record: Record) -> Steps[Outcome]:
        pair = self._between.pair
        if self._links.linked_elsewhere(pair, [source_id]):
            return Outcome.LEFT_OUT
        link = self._links.by_source(pair, [source_id]).get(source_id)
        if link is not None and link.gone == self._between.direction.source:
            return Outcome.LEFT_OUT  # it was deleted since it failed
        return (yield from self._sync(source_id, record, link, final=True))

    def _matches(self, links: Iterable[Link], elsewhere: Iterable[str]) -> Iterator[Steps[Outcome]]:
        for link in links:
            source_id, record = link.source_id, link.source_record
            if not self._between.shares(record):
                continue
            if source_id in self._attempts.queued or source_id in self._attempts.unlinked:
                continue
            if source_id in elsewhere:
                self._links.forget(link)
                continue
            steps = self._sync(source_id, record, link, final=True)
            yield self._attempts.attempt(source_id, record, steps, again=True)

    def _completed(
        self,
        pages: Iterable[list[int]],
        write: Callable[[Link], Steps[Outcome]] | None = None,
    ) -> Iterator[Steps[Outcome]]:
        write = write or self._updating.write_open
        for page in pages:
            for link in self._links.by_id(self._between.pair, page):
                if (
                    link.state == LINKED
                    and link.source_id not in self._attempts.queued
                    and self._between.shares(link.source_record)
                ):
                    yield self._attempts.attempt(link.source_id, link.source_record, write(link))
