"""Links that a person gives: by hand, or as a file. None may contradict what is linked already."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from linked_target.cli.csv_links import End, LinkRefused
from linked_target.records import encoded
from linked_target.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from linked_target.cli.csv_links import LinkLine

__all__ = ["PAGE", "Placing", "is_known", "unlink"]

PAGE = 500
"""Links that are looked up at once."""

columns = tables.links.c


class Placing:
    """Stores links, page by page: look a page up, place its links, store them.

    Args:
        connection: in the transaction that is to hold all of it.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._partners: dict[tuple[End, str], End] = {}
        self._loose: set[tuple[End, str, str]] = set()
        self._new: list[LinkLine] = []

    def look_up(self, links: Sequence[LinkLine]) -> None:
        """Find out what is known of the records of a page of links, PAGE of them at most."""
        self._partners.clear()
        self._loose.clear()
        for side, ids in _by_side(links).items():
            query = sa.select(
                columns.a_system,
                columns.a_stream,
                columns.a_id,
                columns.b_system,
                columns.b_stream,
                columns.b_id,
            ).where(side.has(ids))
            for row in self._connection.execute(query):
                self._note(End(*row[:3]), End(*row[3:]))

    def place(self, link: LinkLine) -> bool:
        """Take a link up; whether it is new.

        Raises:
            LinkRefused: when one of its records is linked with another one.
        """
        if link.is_joined:
            known = self._is_joined_already(link.a, link.b)
        else:
            known = self._is_more_known_of(link.a, link.b)
        if not known:
            self._note(link.a, link.b)
            self._new.append(link)
        return not known

    def store(self) -> None:
        """Store what was taken up; a record that has a partner now looks for one no more."""
        new, self._new = self._new, []
        for side, ids in _by_side(link for link in new if link.is_joined).items():
            loose = sa.and_(side.has(ids), side.other_id.is_(None))
            self._connection.execute(tables.links.delete().where(loose))
        plain = [link.columns() for link in new if not (link.waiting or link.aliases)]
        if plain:
            self._connection.execute(tables.links.insert(), plain)
        for link in new:
            if link.waiting or link.aliases:
                self._store_with_more(link)

    def _is_joined_already(self, a: End, b: End) -> bool:
        for end, other in ((a, b), (b, a)):
            partner = self._partners.get((end, other.system))
            if partner is not None and partner != other:
                raise LinkRefused(f"{end} is linked with {partner} already, not with {other}")
        return (a, b.system) in self._partners

    def _is_more_known_of(self, a: End, b: End) -> bool:
        end, other = (b, a) if a.id is None else (a, b)
        return (end, other.system) in self._partners or (end, *other[:2]) in self._loose

    def _note(self, a: End, b: End) -> None:
        for end, other in ((a, b), (b, a)):
            if end.id is not None and other.id is not None:
                self._partners[end, other.system] = other
            elif end.id is not None:
                self._loose.add((end, *other[:2]))

    def _store_with_more(self, link: LinkLine) -> None:
        key = self._connection.execute(
            tables.links.insert().values(link.columns())
        ).inserted_primary_key
        link_id = key[0] if key else None
        for each in link.waiting:
            row = {
                "link_id": link_id,
                "toward": each.toward,
                "name": each.name,
                "kind": each.kind,
                "value": encoded(each.value),
                "reason": each.reason,
                "since": each.since,
                "other": None if each.other is None else encoded(each.other),
            }
            self._connection.execute(tables.open_properties.insert().values(row))
        for name in link.aliases:
            row = {"link_id": link_id, "system": name.system, "alias": name.alias}
            self._connection.execute(tables.aliases.insert().values(row))


def unlink(connection: sa.Connection, a: End, b: End) -> int:
    """Forget that two records belong together, and what waits on their link.

    Args:
        connection: in a transaction.
        a: the end whose system comes first in the alphabet.
        b: the other one.

    Returns:
        How many properties waited on the link.

    Raises:
        LinkRefused: when they are not linked.
    """
    this = sa.and_(
        columns.a_system == a.system,
        columns.a_stream == a.stream,
        columns.a_id == a.id,
        columns.b_system == b.system,
        columns.b_stream == b.stream,
        columns.b_id == b.id,
    )
    link_id = connection.scalar(sa.select(columns.id).where(this))
    if link_id is None:
        raise LinkRefused(f"{a} and {b} are not linked")
    waiting = sa.select(sa.func.count()).where(tables.open_properties.c.link_id == link_id)
    waited = connection.scalar(waiting) or 0
    connection.execute(tables.links.delete().where(columns.id == link_id))
    return waited


def is_known(connection: sa.Connection, a: End, b: End) -> bool:
    """Whether any records of these two streams have been seen."""
    query = sa.select(columns.id).where(
        columns.a_system == a.system,
        columns.a_stream == a.stream,
        columns.b_system == b.system,
        columns.b_stream == b.stream,
    )
    return connection.execute(query.limit(1)).first() is not None


class _Side(NamedTuple):
    """The records of one stream, at one end of the links between two systems."""

    end: str
    a_system: str
    b_system: str
    stream: str

    def has(self, ids: Iterable[str]) -> sa.ColumnElement[bool]:
        """The condition for links of records with these ids."""
        return sa.and_(
            columns.a_system == self.a_system,
            columns.b_system == self.b_system,
            columns[f"{self.end}_stream"] == self.stream,
            columns[f"{self.end}_id"].in_(list(ids)),
        )

    @property
    def other_id(self) -> sa.Column[str]:
        """The id at the other end."""
        return columns.b_id if self.end == "a" else columns.a_id


def _by_side(links: Iterable[LinkLine]) -> dict[_Side, set[str]]:
    """The ids of the records of links, by where they stand."""
    ids: dict[_Side, set[str]] = defaultdict(set)
    for link in links:
        for name, end in (("a", link.a), ("b", link.b)):
            if end.id is not None:
                ids[_Side(name, link.a.system, link.b.system, end.stream)].add(end.id)
    return ids
