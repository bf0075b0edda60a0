"""Records that a full read no longer has, and what becomes of their partners."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from singer_rest import NotFound, OutcomeUnknown, RecordRefused, StopRun

from linked_target.records import property_of, with_stated_values
from linked_target.store.links import INTENT, ORPHANED, PAIRED, UNMATCHED
from linked_target.store.open_properties import CONFLICT, TAKEN
from linked_target.sync.direction import OnDelete
from linked_target.sync.outcome import Outcome
from linked_target.sync.roster import Roster
from linked_target.sync.steps import Read, Write
from linked_target.sync.update import EDITED_AFTERWARDS
from linked_target.values import same_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from linked_target.records import Record
    from linked_target.store.links import Link
    from linked_target.sync.attach import Attaching
    from linked_target.sync.attempts import Attempts
    from linked_target.sync.direction import StreamLink
    from linked_target.sync.steps import Steps
    from linked_target.sync.stream import StreamSync

__all__ = ["Deletions", "part_from_deleted"]

logger = logging.getLogger(__name__)

NEVER_ARRIVED = "it has values that its deleted partner never got"
"""Why an orphan is a conflict that a person has to settle."""


class Deletions:
    """Compares a full read with the links.

    A full read gives its records a version and activates that at its end (Singer's
    ACTIVATE_VERSION). Whatever is linked and did not come is gone.

    Args:
        between: the two streams and how they are linked.
        attempts: the run's books.
        attaching: adopts what an open intent of a deleted record has made.
    """

    def __init__(self, between: StreamLink, attempts: Attempts, attaching: Attaching) -> None:
        self._between = between
        self._direction = between.direction
        self._links = between.direction.links
        self._stream = between.stream
        self._attempts = attempts
        self._attaching = attaching
        self._roster = Roster()
        self._version: int | None = None
        self._doubted: int | None = None
        self._active = False

    def seen(self, version: int, source_ids: Collection[str]) -> None:
        """Note records of a full read; one that comes after its activation undoes that."""
        if version != self._version:
            self._roster.clear()
            self._version = version
        self._active = False
        self._roster.note(source_ids)

    def doubt(self, version: int) -> None:
        """Note that a full read has a record without key: it may be any that seems gone."""
        self._doubted = version

    def activate(self, version: int) -> None:
        """Note that the full read with this version has come to its end."""
        if self._between.is_shard:  # its tap may have read this share only
            logger.info("%s: a shard takes nothing for deleted", self._between.pair.source)
            return
        if version == self._doubted:
            logger.warning(
                "%s: version %s has records without key: nothing counts as deleted",
                self._between.pair.source,
                version,
            )
            return
        self._active = version == self._version
        if not self._active:
            logger.warning(
                "%s: version %s is active, but none of its records came: nothing counts as deleted",
                self._between.pair.source,
                version,
            )

    def forget_loose(self) -> None:
        """Drop what waits or is unlinked of records that are gone; adopt what an intent has made.

        Raises:
            PluginError: when nothing further can succeed.
        """
        if not self._active:
            return
        self._attempts.dequeue(self._roster.without(self._attempts.queued))
        pair = self._between.pair
        for page in self._links.in_state(pair, UNMATCHED):
            for link in self._gone(page):
                self._links.forget(link)
        for page in self._links.in_state(pair, PAIRED):
            for link in self._gone(page):
                self._links.drop(link)  # linked by hand, deleted before they were merged
        for page in self._links.in_state(pair, ORPHANED):
            for link in self._gone(page):
                if link.gone == self._direction.destination:
                    self._links.drop(link)  # neither of the two is left
        for page in self._links.in_state(pair, INTENT):
            self._direction.driver.run(self._end(link) for link in self._gone(page))

    def count(self) -> int:
        """How many links have lost their source record by what this run has read."""
        return sum(len(page) for page in self._gone_ids())

    def carry_out(self) -> None:
        """Do what `on_delete` says with the partners of records that are gone.

        Raises:
            PluginError: when nothing further can succeed.
        """
        parted = 0
        for page in self._gone_ids():
            parted += len(page)
            if self._between.on_delete is OnDelete.KEEP:
                self._keep_all(page)
            else:
                links = self._links.by_id(self._between.pair, [row_id for row_id, _, _ in page])
                self._direction.driver.run(self._counted(link) for link in links)
        if parted:
            logger.warning(
                "%s: %d linked records are gone (on_delete: %s); see: links orphans",
                self._between.pair.source,
                parted,
                self._between.on_delete.value,
            )
        self._roster.clear()
        self._active = False

    def _gone_ids(self) -> Iterator[list[tuple[int, str, str]]]:
        """Row, source id and destination id of links whose source record did not come."""
        if not self._active:
            return
        for page in self._links.linked_ids(self._between.pair):
            gone = set(self._roster.without(source_id for _, source_id, _ in page))
            if gone:
                yield [row for row in page if row[1] in gone]

    def _keep_all(self, page: list[tuple[int, str, str]]) -> None:
        self._links.orphan_sourceless([row_id for row_id, _, _ in page])
        self._attempts.tally.add(Outcome.ORPHANED, len(page))
        with self._links.transactions.together():
            for _, *ids in page:
                self._direction.journal.note("orphan", self._between.pair, *ids)

    def _gone(self, links: Collection[Link]) -> list[Link]:
        gone = set(self._roster.without(link.source_id for link in links))
        return [link for link in links if link.source_id in gone]

    def _end(self, intent: Link) -> Steps[None]:
        """Settle an intent of a record that is gone: its link, if it has one, counts as gone."""
        try:
            adopted = yield from self._attaching.adopt(intent)
        except RecordRefused as error:
            logger.warning(
                "%s %s is gone, and what it led to can't be told: %s",
                self._between.pair.source,
                intent.source_id,
                error,
            )
            return
        if adopted is None:
            self._links.forget(intent)

    def _counted(self, link: Link) -> Steps[None]:
        outcome = yield from self._part(link)
        self._attempts.tally.add(outcome)

    def _part(self, link: Link) -> Steps[Outcome]:
        """Part a pair of which the source's record is gone."""
        if self._between.on_delete is OnDelete.UNLINK:
            self._links.drop(link)
            self._tell("unlink", link)
            return Outcome.ORPHANED
        if self._stream.undeletable(link.destination_record):
            return self._keep(link, None)
        try:
            return (yield from self._delete(link))
        except NotFound:
            self._links.drop(link)
            return Outcome.LEFT_OUT
        except RecordRefused as refusal:
            return self._keep(link, f"its partner was deleted, but it can't be: {refusal}")
        except OutcomeUnknown as error:
            logger.warning(
                "%s %s is deleted; its partner %s %s may be as well, the next full read tells: %s",
                *(self._between.pair.source, link.source_id),
                *(self._between.pair.destination, link.destination_id),
                error,
            )
            return Outcome.LEFT_OUT

    def _delete(self, link: Link) -> Steps[Outcome]:
        current = yield Read(self._stream, str(link.destination_id))
        if self._is_edited(link, current):
            return self._keep(link, EDITED_AFTERWARDS)
        if any(
            row.toward == self._direction.source or row.kind in {CONFLICT, TAKEN}
            for row in self._direction.open.of_link(link.id)
        ):
            return self._keep(link, NEVER_ARRIVED)
        delete = partial(self._stream.delete, current)
        yield Write(delete, writer=self._stream.writer_of({}, current))
        self._links.drop(link)
        self._tell("delete", link)
        return Outcome.DELETED

    def _keep(self, link: Link, reason: str | None) -> Outcome:
        self._links.orphan(link, self._direction.source, reason)
        self._tell("orphan", link, reason)
        return Outcome.ORPHANED

    def _is_edited(self, link: Link, current: Record) -> bool:
        """Whether somebody edited the survivor since both sides agreed."""
        baseline, properties = link.destination_record, self._stream.properties
        current = with_stated_values(current, baseline)
        names = [name for name, each in properties.items() if not each.create_only]
        before = self._between.canonical(baseline, names)
        now = self._between.canonical(current, names)
        return not all(
            same_value(properties[name].kind, property_of(before, name), property_of(now, name))
            for name in names
        )

    def _tell(self, action: str, link: Link, detail: str | None = None) -> None:
        pair, ids = self._between.pair, (link.source_id, link.destination_id)
        logger.info(
            "%s %s is deleted: its partner %s %s: %s%s",
            *(pair.source, ids[0], pair.destination, ids[1]),
            action,
            f" ({detail})" if detail else "",
        )
        self._direction.journal.note(action, pair, *ids, detail=detail)


def part_from_deleted(syncs: Sequence[StreamSync], source: str, most: int) -> None:
    """Do what `on_delete` says about records that are gone, children first.

    Args:
        syncs: the streams, parents first.
        source: name of the system that they were deleted from.
        most: so many links may be parted; if there are more, none is.

    Raises:
        StopRun: then.
        PluginError: when nothing further can succeed.
    """
    parting = [sync for sync in syncs if sync.between.on_delete is not OnDelete.KEEP]
    gone = sum(sync.deletions.count() for sync in parting)
    if gone > most:
        raise StopRun(
            f"{gone} records are gone from {source}, and max_deletes is {most}: none of their "
            "partners was touched; if they were meant to be deleted, raise max_deletes"
        )
    for sync in reversed(syncs):
        sync.deletions.carry_out()
