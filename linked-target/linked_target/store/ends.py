"""The two ends of a link: which columns of the store are the source's in a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from linked_target.store import tables

if TYPE_CHECKING:
    from linked_target.store.link import StreamPair

__all__ = ["Ends"]


class Ends:
    """The columns of the links between two systems, in the direction from `source`.

    Args:
        source: name of the system that records come from.
        destination: name of the system that records go to.
    """

    def __init__(self, source: str, destination: str) -> None:
        a, b = sorted((source, destination))
        columns = tables.links.c
        near, far = ("a", "b") if source == a else ("b", "a")
        self.source = source
        self.destination = destination
        self.source_stream = columns[f"{near}_stream"]
        self.source_id = columns[f"{near}_id"]
        self.source_record = columns[f"{near}_record"]
        self.source_hash = columns[f"{near}_hash"]
        self.destination_stream = columns[f"{far}_stream"]
        self.destination_id = columns[f"{far}_id"]
        self.destination_record = columns[f"{far}_record"]
        self.destination_hash = columns[f"{far}_hash"]
        self.systems = {"a_system": a, "b_system": b}
        self.of_systems = sa.and_(columns.a_system == a, columns.b_system == b)
        self.fields = (
            columns.id,
            self.source_id,
            self.destination_id,
            columns.state,
            self.source_record,
            self.destination_record,
            columns.created_at,
            columns.reason,
            columns.gone,
        )

    def of_pair(self, pair: StreamPair) -> sa.ColumnElement[bool]:
        """The condition for links of a pair of streams."""
        return sa.and_(
            self.of_systems,
            self.source_stream == pair.source,
            self.destination_stream == pair.destination,
        )
