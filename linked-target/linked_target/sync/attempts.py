"""Carrying out what a stream's records need, one failure at a time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from singer_rest import OutcomeUnknown, RecordRefused

from linked_target.sync.outcome import Outcome, Tally

if TYPE_CHECKING:
    from collections.abc import Collection

    from linked_target.records import Record
    from linked_target.sync.direction import StreamLink
    from linked_target.sync.steps import Steps

__all__ = ["Attempts"]

logger = logging.getLogger(__name__)


class Attempts:
    """Keeps book of a stream's records in one run: counts, the failed list and who waits.

    Args:
        between: the two streams and how they are linked.
    """

    def __init__(self, between: StreamLink) -> None:
        self.tally = Tally()
        self.errors: list[str] = []
        self.gives_up = False
        """Whether a lost answer is a failure; else the record waits, to be looked for again."""
        self.unanswered: dict[str, str] = {}
        """What was lost in this run, by the id of the record that still waits for it."""
        self.queued = between.direction.queue.ids(between.pair)
        self.failed: set[str] = set()
        self.unlinked: set[str] = set()
        self._pair = between.pair
        self._queue = between.direction.queue
        self._journal = between.direction.journal

    def continue_from(self, earlier: Attempts) -> None:
        """Take over what an earlier part of this run did, before the schema changed."""
        self.tally, self.errors, self.failed = earlier.tally, earlier.errors, earlier.failed

    def attempt(
        self, source_id: str, record: Record, steps: Steps[Outcome], *, again: bool = False
    ) -> Steps[Outcome]:
        """Carry the steps of one record out; only what concerns the whole run is raised.

        Args:
            source_id: the record's id.
            record: the record, to be kept where it fails or waits.
            steps: what to do.
            again: whether it was unlinked before, and counts as unchanged while it stays so.
        """
        try:
            outcome = yield from steps
        except RecordRefused as error:
            self.fail(source_id, record, str(error))
            return Outcome.FAILED
        except OutcomeUnknown as error:
            if self.gives_up:
                self.fail(source_id, record, str(error))
                return Outcome.FAILED
            logger.warning("%s %s waits: %s", self._pair.source, source_id, error)
            self.unanswered.setdefault(source_id, str(error))
            self.wait(source_id, record, str(error))
            return Outcome.WAITS
        self.unanswered.pop(source_id, None)
        if outcome is Outcome.WAITS:
            self.wait(source_id, record)
        elif source_id in self.queued:
            self.dequeue({source_id})
        elif outcome is Outcome.UNLINKED:
            self.unlinked.add(source_id)
        if not (again and outcome is Outcome.UNLINKED):
            self.tally.add(outcome)
        return outcome

    def wait(self, source_id: str, record: Record, error: str | None = None) -> None:
        """Let a record wait for the end of the input, or for the next run."""
        self._queue.wait(self._pair, source_id, record, error)
        self.queued.add(source_id)

    def dequeue(self, source_ids: Collection[str]) -> None:
        """Take records off the queue, as they are written or no longer needed."""
        self._queue.remove(self._pair, source_ids)
        self.queued -= set(source_ids)

    def fail(self, source_id: str, record: Record, error: str) -> None:
        """Put a record on the failed list."""
        message = f"{self._pair.source} {source_id}: {error}"
        logger.error("%s", message)
        self.errors.append(message)
        self._queue.fail(self._pair, source_id, record, error)
        self._journal.note("fail", self._pair, source_id, detail=error)
        self.queued.add(source_id)
        self.failed.add(source_id)
        self.tally.add(Outcome.FAILED)
