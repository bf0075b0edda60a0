"""Links as one direction of the sync sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from singer_rest import RecordRefused

from linked_target import store
from linked_target.aliases import Aliases
from linked_target.ends import Ends
from linked_target.link import (
    INTENT,
    LINKED,
    ORPHANED,
    UNMATCHED,
    Link,
    Seen,
    StreamPair,
    link_of,
)
from linked_target.records import Record, decoded, encoded, record_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy.engine import Engine

__all__ = ["INTENT", "LINKED", "ORPHANED", "UNMATCHED", "Link", "Links", "Seen", "StreamPair"]

PAGE = 500


class Links:
    """The links between two systems, in the direction from `source` to `destination`.

    Each method commits by itself.

    Args:
        engine: of an open link store.
        source: name of the system that records come from.
        destination: name of the system that records go to.
    """

    def __init__(self, engine: Engine, source: str, destination: str) -> None:
        self.engine = engine
        self.source = source
        self.destination = destination
        self._ends = Ends(source, destination)
        self.aliases = Aliases(engine, self._ends)

    def seen(self, pair: StreamPair, source_ids: Collection[str]) -> dict[str, Seen]:
        """Hash of the baseline and state by source id, for those that have a link."""
        query = sa.select(self._ends.source_id, self._ends.source_hash, store.links.c.state).where(
            self._ends.of_pair(pair), self._ends.source_id.in_(source_ids)
        )
        with self.engine.connect() as connection:
            return {row[0]: Seen(row[1], row[2]) for row in connection.execute(query)}

    def by_source(self, pair: StreamPair, source_ids: Collection[str]) -> dict[str, Link]:
        """The links of these source records, by source id."""
        return {
            link.source_id: link
            for link in self._select(pair, self._ends.source_id.in_(source_ids))
        }

    def in_state(self, pair: StreamPair, state: str) -> Iterator[list[Link]]:
        """All links of a pair in a state, page by page in the order of their making."""
        last = 0
        columns = store.links.c
        while page := self._select(pair, columns.state == state, columns.id > last, limit=PAGE):
            yield page
            last = page[-1].id

    def intents_from_destination(self, pair: StreamPair) -> list[Record]:
        """The destination records for which the opposite direction began to create a partner."""
        query = sa.select(self._ends.destination_record).where(
            self._ends.of_pair(pair),
            store.links.c.state == INTENT,
            self._ends.source_id.is_(None),
        )
        with self.engine.connect() as connection:
            return [decoded(data) for data in connection.execute(query).scalars()]

    def by_id(self, pair: StreamPair, link_ids: Iterable[int]) -> list[Link]:
        """The links with these row ids."""
        return self._select(pair, store.links.c.id.in_(list(link_ids)))

    def linked_elsewhere(self, pair: StreamPair, source_ids: Collection[str]) -> dict[str, str]:
        """Those of the source records that are linked into another stream, and which."""
        query = sa.select(self._ends.source_id, self._ends.destination_stream).where(
            self._ends.of_systems,
            self._ends.source_stream == pair.source,
            self._ends.destination_stream != pair.destination,
            self._ends.source_id.in_(source_ids),
            self._ends.destination_id.is_not(None),
        )
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def owners_of(
        self, destination_stream: str, destination_ids: Collection[str]
    ) -> dict[str, tuple[str, str]]:
        """Source stream and id of those destination records that are linked already."""
        query = sa.select(
            self._ends.destination_id, self._ends.source_stream, self._ends.source_id
        ).where(
            self._ends.of_systems,
            self._ends.destination_stream == destination_stream,
            self._ends.destination_id.in_(destination_ids),
            self._ends.source_id.is_not(None),
        )
        with self.engine.connect() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query)}

    def note_intent(
        self, pair: StreamPair, source_id: str, record: Record, values: Mapping[str, Any]
    ) -> Link:
        """Remember, before the request, what is going to be created, and for which record."""
        changes = {
            store.links.c.reason: None,
            self._ends.destination_record: encoded(values),
        }
        return self._open(pair, source_id, record, INTENT, changes)

    def note_unmatched(self, pair: StreamPair, source_id: str, record: Record, reason: str) -> Link:
        """Remember that a record has no partner, and why."""
        changes = {
            store.links.c.reason: reason,
            self._ends.destination_record: None,
        }
        return self._open(pair, source_id, record, UNMATCHED, changes)

    def forget(self, link: Link) -> None:
        """Drop a row without a partner, e.g. an intent that came to nothing."""
        columns = store.links.c
        with self.engine.begin() as connection:
            connection.execute(
                store.links.delete().where(
                    columns.id == link.id, self._ends.destination_id.is_(None)
                )
            )

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
            store.links.c.state: LINKED,
            store.links.c.reason: None,
            **self._baselines(source_record, destination_record),
        }
        try:
            with self.engine.begin() as connection:
                self._drop_loose_ends(connection, link, destination_id)
                connection.execute(_update_of(link.id, changes))
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
            store.links.update()
            .where(store.links.c.id == sa.bindparam("row"))
            .values(
                {
                    self._ends.source_record: sa.bindparam("record"),
                    self._ends.source_hash: sa.bindparam("hash"),
                }
            )
        )
        with self.engine.begin() as connection:
            connection.execute(query, rows)

    def orphan(self, link: Link, *, gone: bool = True) -> None:
        """Remember that the destination's record is gone, or that it is there again."""
        self._update(link.id, {store.links.c.state: ORPHANED if gone else LINKED})

    def _drop_loose_ends(self, connection: sa.Connection, link: Link, destination_id: str) -> None:
        ends, row_id = self._ends, store.links.c.id
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
            store.links.delete().where(
                ends.of_systems, row_id != link.id, sa.or_(of_source, of_destination)
            )
        )

    def _select(
        self, pair: StreamPair, *conditions: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[Link]:
        query = (
            sa.select(*self._ends.fields)
            .where(self._ends.of_pair(pair), self._ends.source_id.is_not(None), *conditions)
            .order_by(store.links.c.id)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [link_of(row) for row in connection.execute(query)]

    def _open(
        self,
        pair: StreamPair,
        source_id: str,
        record: Record,
        state: str,
        further: Mapping[Any, Any],
    ) -> Link:
        """Insert the row of a record without a partner, or renew the one it has."""
        existing = self.by_source(pair, [source_id]).get(source_id)
        changes: dict[Any, Any] = {
            **further,
            store.links.c.state: state,
            self._ends.source_record: encoded(record),
            self._ends.source_hash: record_hash(record),
        }
        if existing is not None:
            if state == INTENT and existing.state != INTENT:
                changes[store.links.c.created_at] = datetime.now(timezone.utc)
            self._update(existing.id, changes)
        else:
            self._insert(pair, source_id, changes)
        return self.by_source(pair, [source_id])[source_id]

    def _insert(self, pair: StreamPair, source_id: str, values: Mapping[Any, Any]) -> None:
        now = datetime.now(timezone.utc)
        row = {
            **self._ends.systems,
            self._ends.source_stream.name: pair.source,
            self._ends.source_id.name: source_id,
            self._ends.destination_stream.name: pair.destination,
            "created_at": now,
            "updated_at": now,
            **{column.name: value for column, value in values.items()},
        }
        with self.engine.begin() as connection:
            connection.execute(store.links.insert().values(row))

    def _update(self, link_id: int, changes: Mapping[Any, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(_update_of(link_id, changes))

    def _baselines(self, source_record: Record, destination_record: Record) -> dict[Any, Any]:
        return {
            self._ends.source_record: encoded(source_record),
            self._ends.source_hash: record_hash(source_record),
            self._ends.destination_record: encoded(destination_record),
            self._ends.destination_hash: record_hash(destination_record),
        }


def _update_of(link_id: int, changes: Mapping[Any, Any]) -> sa.Update:
    values = {**changes, store.links.c.updated_at: datetime.now(timezone.utc)}
    return (
        store.links.update()
        .where(store.links.c.id == link_id)
        .values({column.name: value for column, value in values.items()})
    )
