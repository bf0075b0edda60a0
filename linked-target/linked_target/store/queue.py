"""Records that could not be written yet: those that wait for a partner, and the failed list."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from linked_target.records import Record, decoded, encoded
from linked_target.store import tables
from linked_target.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from linked_target.store.links import StreamPair
    from linked_target.store.transactions import Transactions

__all__ = ["FAILED", "WAITING", "Queue", "QueuedRecord", "pause_after"]

WAITING = "waiting"
FAILED = "failed"
PAGE = 100
ATTEMPTS_WITHOUT_PAUSE = 3
LONGEST_PAUSE = timedelta(days=1)


class QueuedRecord(NamedTuple):
    """A source record as it arrived."""

    source_id: str
    record: Record


class Queue:
    """The queue of one direction. It is part of the link store, so STATE may pass what is in it.

    Args:
        transactions: of an open link store.
        source: name of the system that records come from.
        destination: name of the system that records go to.
    """

    def __init__(self, transactions: Transactions, source: str, destination: str) -> None:
        self.transactions = transactions
        self.source = source
        self.destination = destination
        columns = tables.queue.c
        self._of_direction = sa.and_(columns.source == source, columns.destination == destination)

    def ids(self, pair: StreamPair) -> set[str]:
        """The ids of all queued records of a pair of streams."""
        query = sa.select(tables.queue.c.source_id).where(self._of_pair(pair))
        with self.transactions.connect() as connection:
            return set(connection.execute(query).scalars())

    def wait(
        self, pair: StreamPair, source_id: str, record: Record, error: str | None = None
    ) -> None:
        """Let a record wait for the end of the input (or for the next run).

        Args:
            pair: the streams.
            source_id: the record's id.
            record: the record.
            error: the error after which it is to be tried again, if it waits for that.
        """
        self._put(pair, source_id, record, WAITING, error)

    def fail(self, pair: StreamPair, source_id: str, record: Record, error: str) -> None:
        """Put a record on the failed list, to be tried again by later runs."""
        self._put(pair, source_id, record, FAILED, error)

    def remove(self, pair: StreamPair, source_ids: Collection[str]) -> None:
        """Take records off, as they are written or no longer needed."""
        with self.transactions.begin() as connection:
            connection.execute(
                tables.queue.delete().where(
                    self._of_pair(pair), tables.queue.c.source_id.in_(list(source_ids))
                )
            )

    def due(self, pair: StreamPair, status: str) -> Iterator[QueuedRecord]:
        """Each record of a status whose pause is over, once, oldest first."""
        columns = tables.queue.c
        last, newest = 0, self._newest()
        now = datetime.now(timezone.utc)
        while True:
            query = (
                sa.select(columns.id, columns.source_id, columns.record)
                .where(self._of_pair(pair), columns.status == status, columns.next_at <= now)
                .where(columns.id > last, columns.id <= newest)
                .order_by(columns.id)
                .limit(PAGE)
            )
            with self.transactions.connect() as connection:
                rows = connection.execute(query).all()
            if not rows:
                return
            for row in rows:
                yield QueuedRecord(row[1], decoded(row[2]))
            last = rows[-1][0]

    def failures(self) -> int:
        """How many records of this direction are on the failed list."""
        query = sa.select(sa.func.count()).where(
            self._of_direction, tables.queue.c.status == FAILED
        )
        with self.transactions.connect() as connection:
            return connection.scalar(query) or 0

    def _newest(self) -> int:
        with self.transactions.connect() as connection:
            return connection.scalar(sa.select(sa.func.max(tables.queue.c.id))) or 0

    def _of_pair(self, pair: StreamPair) -> sa.ColumnElement[bool]:
        columns = tables.queue.c
        return sa.and_(
            self._of_direction,
            columns.source_stream == pair.source,
            columns.destination_stream == pair.destination,
        )

    def _put(
        self, pair: StreamPair, source_id: str, record: Record, status: str, error: str | None
    ) -> None:
        key = {
            "source": self.source,
            "destination": self.destination,
            "source_stream": pair.source,
            "destination_stream": pair.destination,
            "source_id": source_id,
        }
        this = sa.and_(*(tables.queue.c[name] == value for name, value in key.items()))
        now = datetime.now(timezone.utc)
        with self.transactions.begin() as connection:
            attempts = connection.scalar(sa.select(tables.queue.c.attempts).where(this))
            tried = (attempts or 0) + (status == FAILED)
            values = {
                "record": encoded(record),
                "status": status,
                "error": error,
                "attempts": tried,
                "next_at": now + (pause_after(tried) if status == FAILED else timedelta(0)),
            }
            upsert(connection, tables.queue, list(key), {**key, **values}, once={"first_at": now})


def pause_after(attempts: int) -> timedelta:
    """How long a record rests after so many failed attempts.

    Not at all after the first few, so that a mended cause is noticed by the next run; then twice
    as long each time, up to a day.
    """
    if attempts <= ATTEMPTS_WITHOUT_PAUSE:
        return timedelta(0)
    doublings = min(attempts - ATTEMPTS_WITHOUT_PAUSE, 12)
    return min(timedelta(minutes=2**doublings), LONGEST_PAUSE)
