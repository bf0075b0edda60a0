"""Questions to the link store, as one direction of the sync asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from linked_target.records import Record, decoded
from linked_target.store import tables
from linked_target.store.aliases import Aliases
from linked_target.store.ends import Ends
from linked_target.store.link import INTENT, LINKED, Link, Seen, StreamPair, link_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from linked_target.store.transactions import Transactions

__all__ = ["PAGE", "LinkQueries"]

PAGE = 500


class LinkQueries:
    """Looks links up, in bulk.

    Args:
        transactions: of an open link store.
        source: name of the system that records come from.
        destination: name of the system that records go to.
    """

    def __init__(self, transactions: Transactions, source: str, destination: str) -> None:
        self.transactions = transactions
        self.source = source
        self.destination = destination
        self._ends = Ends(source, destination)
        self.aliases = Aliases(transactions, self._ends)

    def seen(self, pair: StreamPair, source_ids: Collection[str]) -> dict[str, Seen]:
        """What a quick look tells of those that have a link, by source id."""
        columns = tables.links.c
        query = sa.select(
            self._ends.source_id, self._ends.source_hash, columns.state, columns.gone
        ).where(self._ends.of_pair(pair), self._ends.source_id.in_(source_ids))
        with self.transactions.connect() as connection:
            return {row[0]: Seen(*row[1:]) for row in connection.execute(query).all()}

    def by_source(self, pair: StreamPair, source_ids: Collection[str]) -> dict[str, Link]:
        """The links of these source records, by source id."""
        return {
            link.source_id: link
            for link in self._select(pair, self._ends.source_id.in_(source_ids))
        }

    def in_state(self, pair: StreamPair, state: str) -> Iterator[list[Link]]:
        """All links of a pair in a state, page by page in the order of their making."""
        last = 0
        columns = tables.links.c
        while page := self._select(pair, columns.state == state, columns.id > last, limit=PAGE):
            yield page
            last = page[-1].id

    def linked_ids(self, pair: StreamPair) -> Iterator[list[tuple[int, str, str]]]:
        """Row, source id and destination id of all pairs that are linked, page by page."""
        last = 0
        columns = tables.links.c
        while True:
            query = (
                sa.select(columns.id, self._ends.source_id, self._ends.destination_id)
                .where(self._ends.of_pair(pair), columns.state == LINKED, columns.id > last)
                .order_by(columns.id)
                .limit(PAGE)
            )
            with self.transactions.connect() as connection:
                page = [(row[0], row[1], row[2]) for row in connection.execute(query).all()]
            if not page:
                return
            yield page
            last = page[-1][0]

    def intents_from_destination(self, pair: StreamPair) -> list[Record]:
        """The destination records for which the opposite direction began to create a partner."""
        query = sa.select(self._ends.destination_record).where(
            self._ends.of_pair(pair),
            tables.links.c.state == INTENT,
            self._ends.source_id.is_(None),
        )
        with self.transactions.connect() as connection:
            return [decoded(data) for data in connection.execute(query).scalars()]

    def by_id(self, pair: StreamPair, link_ids: Iterable[int]) -> list[Link]:
        """The links with these row ids."""
        return self._select(pair, tables.links.c.id.in_(list(link_ids)))

    def linked_elsewhere(self, pair: StreamPair, source_ids: Collection[str]) -> dict[str, str]:
        """Those of the source records that are linked into another stream, and which."""
        query = sa.select(self._ends.source_id, self._ends.destination_stream).where(
            self._ends.of_systems,
            self._ends.source_stream == pair.source,
            self._ends.destination_stream != pair.destination,
            self._ends.source_id.in_(source_ids),
            self._ends.destination_id.is_not(None),
        )
        with self.transactions.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query).all()}

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
        with self.transactions.connect() as connection:
            return {row[0]: (row[1], row[2]) for row in connection.execute(query).all()}

    def _select(
        self, pair: StreamPair, *conditions: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[Link]:
        query = (
            sa.select(*self._ends.fields)
            .where(self._ends.of_pair(pair), self._ends.source_id.is_not(None), *conditions)
            .order_by(tables.links.c.id)
            .limit(limit)
        )
        with self.transactions.connect() as connection:
            return [link_of(row) for row in connection.execute(query).all()]
