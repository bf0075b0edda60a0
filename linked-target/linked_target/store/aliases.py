"""Finding linked records by their id or by another name that they go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from linked_target.store import tables

if TYPE_CHECKING:
    from collections.abc import Collection

    from linked_target.store.ends import Ends
    from linked_target.store.link import Link, StreamPair
    from linked_target.store.transactions import Transactions

__all__ = ["Aliases"]


class Aliases:
    """Further names of linked records, e.g. a user's name beside the id.

    Args:
        transactions: of an open link store.
        ends: the direction.
    """

    def __init__(self, transactions: Transactions, ends: Ends) -> None:
        self._transactions = transactions
        self._ends = ends

    def replace(self, link: Link, system: str, names: Collection[str]) -> None:
        """Set the further names by which the link's record of a system is referred to."""
        table = tables.aliases
        with self._transactions.begin() as connection:
            connection.execute(
                table.delete().where(table.c.link_id == link.id, table.c.system == system)
            )
            if names:
                connection.execute(
                    table.insert(),
                    [{"link_id": link.id, "system": system, "alias": name} for name in set(names)],
                )

    def partner_of(self, pair: StreamPair, reference: str) -> str | None:
        """The destination id linked with a source record, given its id or an alias of it.

        None, too, if the destination's record is known to be gone.
        """
        return self._resolve(pair, reference, self._ends.source, self._ends.source_id)

    def canonical_destination(self, pair: StreamPair, reference: str) -> str | None:
        """The id of a linked destination record, given its id or an alias of it."""
        return self._resolve(pair, reference, self._ends.destination, self._ends.destination_id)

    def _resolve(
        self, pair: StreamPair, reference: str, system: str, known: sa.Column[Any]
    ) -> str | None:
        """The destination id of the one link that is meant; None if there is none or several."""
        wanted = self._ends.destination_id
        gone = tables.links.c.gone
        is_there = sa.or_(gone.is_(None), gone != self._ends.destination)
        linked = sa.and_(self._ends.of_pair(pair), wanted.is_not(None), is_there)
        by_id = sa.select(wanted).where(linked, known == reference)
        by_alias = (
            sa.select(wanted)
            .join(tables.aliases, tables.aliases.c.link_id == tables.links.c.id)
            .where(linked, tables.aliases.c.system == system, tables.aliases.c.alias == reference)
        )
        with self._transactions.connect() as connection:
            for query in (by_id, by_alias):
                found = connection.execute(query.distinct().limit(2)).scalars().all()
                if len(found) == 1:
                    return str(found[0])
        return None
