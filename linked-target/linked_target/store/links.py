"""Links as one direction of the sync sees and changes them."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from singer_rest import RecordRefused

from linked_target.records import Record, encoded, record_hash
from linked_target.store import tables
from linked_target.store.link import (
    INTENT,
    LINKED,
    ORPHANED,
    PAIRED,
    UNMATCHED,
    Link,
    Seen,
    StreamPair,
)
from linked_target.store.link_queries import LinkQueries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from contextlib import AbstractContextManager

__all__ = [
    "INTENT",
    "LINKED",
    "ORPHANED",
    "PAIRED",
    "UNMATCHED",
    "Link",
    "Links",
    "Seen",
    "StreamPair",
]


class Links(LinkQueries):
    """The links between two systems, in the direction from `source` to `destination`.

    Each change is a transaction by itself, or part of the one that is open.

    Args:
        transactions: of an open link store.
        source: name of the system that records come from.
        destination: name of the system that records go to.
    """

    def note_intent(
        self,
        pair: StreamPair,
        source_id: str,
        record: Record,
        values: Mapping[str, Any],
        known: Link | None = None,
    ) -> Link:
        """Remember, before the request, what is going to be created, and for which record.

        Args:
            pair: the streams.
            source_id: the record's id.
            record: the record to be copied.
            values: what will be sent.
            known: the row of the record, if it has one.
        """
        known = known or self.by_source(pair, [source_id]).get(source_id)
        now = datetime.now(timezone.utc)
        begun_at = known.created_at if known is not None and known.state == INTENT else now
        return self._store_loose(
            pair, Link(0, source_id, None, INTENT, record, dict(values), begun_at), known
        )

    def note_unmatched(
        self,
        pair: StreamPair,
        source_id: str,
        record: Record,
        reason: str,
        known: Link | None = None,
    ) -> Link:
        """Remember that a record has no partner, and why."""
        known = known or self.by_source(pair, [source_id]).get(source_id)
        created_at = known.created_at if known is not None else datetime.now(timezone.utc)
        return self._store_loose(
            pair, Link(0, source_id, None, UNMATCHED, record, {}, created_at, reason), known
        )

    def forget(self, link: Link) -> None:
        """Drop a row without a partner, e.g. an intent that came to nothing."""
        columns = tables.links.c
        with self.transactions.begin() as connection:
            connection.execute(
                tables.links.delete().where(
                    columns.id == link.id, self._ends.destination_id.is_(None)
                )
            )

    def drop(self, link: Link) -> None:
        """Forget that two records belong together, and what waits on their link."""
        with self.transactions.begin() as connection:
            connection.execute(tables.links.delete().where(tables.links.c.id == link.id))

    def join(
        self, link: Link, destination_id: str, *, source_record: Record, destination_record: Record
    ) -> Link:
        """Make the pair; both baselines are set.

        Rows of either record without a partner, left by the opposite direction, are dropped.

        Raises:
            RecordRefused: when the destination record is linked with another one already.
        """
        changes = {
            self._ends.destination_id: destination_id,
            tables.links.c.state: LINKED,
            tables.links.c.reason: None,
            **self._baselines(source_record, destination_record),
        }
        try:
            with self.transactions.begin() as connection, _undoable(connection):
                connection.execute(_update_of(link.id, changes))
                self._drop_loose_ends(connection, link, destination_id)
        except sa.exc.IntegrityError:
            raise RecordRefused(
                f"its partner {destination_id} is linked with another record already"
            ) from None
        return replace(
            link,
            destination_id=destination_id,
            state=LINKED,
            source_record=source_record,
            destination_record=destination_record,
        )

    def rebase(self, link: Link, *, source_record: Record, destination_record: Record) -> None:
        """Set both baselines of a link after what was agreed."""
        self._update(link.id, self._baselines(source_record, destination_record))

    def rebase_sources(self, records: Iterable[tuple[Link, Record]]) -> None:
        """Set the source baselines of many links whose mapped values did not change."""
        rows = [
            {"row": link.id, "record": encoded(record), "hash": record_hash(record)}
            for link, record in records
        ]
        if not rows:
            return
        query = (
            tables.links.update()
            .where(tables.links.c.id == sa.bindparam("row"))
            .values(
                {
                    self._ends.source_record: sa.bindparam("record"),
                    self._ends.source_hash: sa.bindparam("hash"),
                }
            )
        )
        with self.transactions.begin() as connection:
            connection.execute(query, rows)

    def orphan(self, link: Link, gone: str, reason: str | None = None) -> None:
        """Remember that one record of a link is gone.

        Args:
            link: the link.
            gone: the system that no longer has its record.
            reason: why a person has to decide what becomes of the other one, if so.
        """
        self._update(
            link.id,
            {
                tables.links.c.state: ORPHANED,
                tables.links.c.gone: gone,
                tables.links.c.reason: reason,
            },
        )

    def orphan_sourceless(self, link_ids: Collection[int]) -> None:
        """Remember of many links that the source's record is gone."""
        columns = tables.links.c
        values = {
            "state": ORPHANED,
            "gone": self.source,
            "updated_at": datetime.now(timezone.utc),
        }
        with self.transactions.begin() as connection:
            connection.execute(
                tables.links.update().where(columns.id.in_(list(link_ids))).values(values)
            )

    def revive(self, link: Link) -> Link:
        """Remember that both records are there again."""
        changes = {
            tables.links.c.state: LINKED,
            tables.links.c.gone: None,
            tables.links.c.reason: None,
        }
        self._update(link.id, changes)
        return replace(link, state=LINKED, gone=None, reason=None)

    def _drop_loose_ends(self, connection: sa.Connection, link: Link, destination_id: str) -> None:
        ends, row_id = self._ends, tables.links.c.id
        streams = sa.select(ends.source_stream, ends.destination_stream).where(row_id == link.id)
        source_stream, destination_stream = connection.execute(streams).one()
        of_source = sa.and_(
            ends.source_stream == source_stream,
            ends.source_id == link.source_id,
            ends.destination_id.is_(None),
        )
        of_destination = sa.and_(
            ends.destination_stream == destination_stream,
            ends.destination_id == destination_id,
            ends.source_id.is_(None),
        )
        connection.execute(
            tables.links.delete().where(
                ends.of_systems, row_id != link.id, sa.or_(of_source, of_destination)
            )
        )

    def _store_loose(self, pair: StreamPair, link: Link, known: Link | None) -> Link:
        """Insert the row of a record without a partner, or renew the one it has."""
        sent = encoded(link.destination_record) if link.state == INTENT else None
        values: dict[Any, Any] = {
            tables.links.c.state: link.state,
            tables.links.c.reason: link.reason,
            tables.links.c.created_at: link.created_at,
            self._ends.source_record: encoded(link.source_record),
            self._ends.source_hash: record_hash(link.source_record),
            self._ends.destination_record: sent,
        }
        if known is not None:
            self._update(known.id, values)
            return replace(link, id=known.id)
        return replace(link, id=self._insert(pair, link.source_id, values))

    def _insert(self, pair: StreamPair, source_id: str, values: Mapping[Any, Any]) -> int:
        row = {
            **self._ends.systems,
            self._ends.source_stream.name: pair.source,
            self._ends.source_id.name: source_id,
            self._ends.destination_stream.name: pair.destination,
            "updated_at": datetime.now(timezone.utc),
            **{column.name: value for column, value in values.items()},
        }
        with self.transactions.begin() as connection:
            key = connection.execute(tables.links.insert().values(row)).inserted_primary_key
        return int(key[0]) if key else 0

    def _update(self, link_id: int, changes: Mapping[Any, Any]) -> None:
        with self.transactions.begin() as connection:
            connection.execute(_update_of(link_id, changes))

    def _baselines(self, source_record: Record, destination_record: Record) -> dict[Any, Any]:
        return {
            self._ends.source_record: encoded(source_record),
            self._ends.source_hash: record_hash(source_record),
            self._ends.destination_record: encoded(destination_record),
            self._ends.destination_hash: record_hash(destination_record),
        }


def _update_of(link_id: int, changes: Mapping[Any, Any]) -> sa.Update:
    values = {**changes, tables.links.c.updated_at: datetime.now(timezone.utc)}
    return (
        tables.links.update()
        .where(tables.links.c.id == link_id)
        .values({column.name: value for column, value in values.items()})
    )


def _undoable(connection: sa.Connection) -> AbstractContextManager[Any]:
    """A savepoint where a statement that fails would spoil the whole transaction."""
    if connection.dialect.name == "sqlite":
        return nullcontext()
    return connection.begin_nested()
