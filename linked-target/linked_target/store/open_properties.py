"""Properties that are still to be written: held ones, pending references and conflicts."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from linked_target.records import decoded, encoded
from linked_target.store import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from linked_target.store.transactions import Transactions

__all__ = [
    "CONFLICT",
    "HELD",
    "PENDING",
    "RETURNED",
    "TAKEN",
    "OpenProperties",
    "OpenProperty",
]

HELD = "held"
"""The destination can't take the value, e.g. for want of the author's token."""
PENDING = "pending"
"""A reference whose partner is not linked yet; its value is in the source's terms."""
CONFLICT = "conflict"
"""Both sides edited it, and a person is to decide. The value is the other system's, in the terms of
the one that it would go to."""
TAKEN = "taken"
"""A conflict that was decided: the value is to be written."""
RETURNED = "returned"
"""A conflict that was decided the other way: what the system has itself is to be written back."""
PAGE = 500


class OpenProperty(NamedTuple):
    """One property of a link that waits toward a system."""

    link_id: int
    toward: str
    name: str
    kind: str
    value: Any
    reason: str | None
    other: Any
    """Of a conflict, also a decided one: the value that the system named by `toward` has itself."""


class OpenProperties:
    """What waits on the links of a store."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    def put(
        self,
        link_id: int,
        toward: str,
        kind: str,
        values: Mapping[str, tuple[Any, str | None]],
        others: Mapping[str, Any] | None = None,
    ) -> None:
        """Note properties as open; each comes with its value and the reason.

        Args:
            link_id: row id of the link.
            toward: the system that they are to be written to.
            kind: HELD, PENDING or CONFLICT.
            values: by name, in the terms of that system.
            others: of conflicts, the values that the system has itself.
        """
        self.drop(link_id, toward, values)
        now = datetime.now(timezone.utc)
        rows = [
            {
                "link_id": link_id,
                "toward": toward,
                "name": name,
                "kind": kind,
                "value": encoded(value),
                "reason": reason,
                "since": now,
                "other": encoded(others[name]) if others is not None else None,
            }
            for name, (value, reason) in values.items()
        ]
        if rows:
            with self.transactions.begin() as connection:
                connection.execute(tables.open_properties.insert(), rows)

    def drop(self, link_id: int, toward: str, names: Collection[str]) -> None:
        """Note properties as settled."""
        table = tables.open_properties
        if not names:
            return
        with self.transactions.begin() as connection:
            connection.execute(
                table.delete().where(
                    table.c.link_id == link_id,
                    table.c.toward == toward,
                    table.c.name.in_(list(names)),
                )
            )

    def of_link(self, link_id: int) -> list[OpenProperty]:
        """What waits on one link, toward either system."""
        return self._read(tables.open_properties.c.link_id == link_id)

    def pending_references(self, system: str, streams: tuple[str, str]) -> list[tuple[str, Any]]:
        """Each property and value that is pending toward a system, once.

        Many links wait for few partners, so whether these are there is asked first.

        Args:
            system: where they are to be written.
            streams: the two streams of the links, in either order.
        """
        table = tables.open_properties
        query = (
            sa.select(table.c.name, table.c.value)
            .join(tables.links, tables.links.c.id == table.c.link_id)
            .where(table.c.toward == system, table.c.kind == PENDING, _between(streams))
            .distinct()
        )
        with self.transactions.connect() as connection:
            return [(row[0], decoded(row[1])) for row in connection.execute(query)]

    def links_with_pending(
        self, system: str, streams: tuple[str, str], name: str, value: Any
    ) -> Iterator[list[int]]:
        """Row ids of the links of two streams that wait for one partner, page by page."""
        table = tables.open_properties
        yield from self._link_pages(
            table.c.toward == system,
            table.c.kind == PENDING,
            table.c.name == name,
            table.c.value == encoded(value),
            _between(streams),
        )

    def links_with(
        self, kinds: Collection[str], system: str, streams: tuple[str, str]
    ) -> Iterator[list[int]]:
        """Row ids of the links of two streams on which such values wait, page by page.

        Args:
            kinds: HELD, TAKEN or RETURNED.
            system: what they are noted toward.
            streams: the two streams of the links, in either order.
        """
        table = tables.open_properties
        yield from self._link_pages(
            table.c.toward == system, table.c.kind.in_(list(kinds)), _between(streams)
        )

    def _link_pages(self, *conditions: sa.ColumnElement[bool]) -> Iterator[list[int]]:
        link_id = tables.open_properties.c.link_id
        last = 0
        while True:
            query = (
                sa.select(link_id)
                .join(tables.links, tables.links.c.id == link_id)
                .where(link_id > last, *conditions)
                .distinct()
                .order_by(link_id)
                .limit(PAGE)
            )
            with self.transactions.connect() as connection:
                page = list(connection.execute(query).scalars())
            if not page:
                return
            yield page
            last = page[-1]

    def _read(self, *conditions: sa.ColumnElement[bool]) -> list[OpenProperty]:
        columns = tables.open_properties.c
        query = sa.select(
            columns.link_id,
            columns.toward,
            columns.name,
            columns.kind,
            columns.value,
            columns.reason,
            columns.other,
        ).where(*conditions)
        with self.transactions.connect() as connection:
            return [
                OpenProperty(
                    link_id=row[0],
                    toward=row[1],
                    name=row[2],
                    kind=row[3],
                    value=decoded(row[4]),
                    reason=row[5],
                    other=decoded(row[6]) if row[6] else None,
                )
                for row in connection.execute(query)
            ]


def _between(streams: tuple[str, str]) -> sa.ColumnElement[bool]:
    """Links of these two streams, in whichever order the store keeps them."""
    links = tables.links.c
    return sa.or_(
        sa.and_(links.a_stream == streams[0], links.b_stream == streams[1]),
        sa.and_(links.a_stream == streams[1], links.b_stream == streams[0]),
    )
