"""Deciding by hand what the sync left to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from singer_rest import PluginError

from linked_target.records import decoded
from linked_target.store import tables
from linked_target.store.open_properties import CONFLICT, RETURNED, TAKEN

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Decided", "resolve"]


class Decided(NamedTuple):
    """A conflict that was decided.

    Attributes:
        name: the property, in the terms of the system `toward`.
        toward: the system whose terms these are.
        value: what the other system has.
        other: what this system has.
        winner: the system whose value both are to have.
    """

    name: str
    toward: str
    value: Any
    other: Any
    winner: str


def resolve(connection: sa.Connection, link_id: int, winner: str) -> list[Decided]:
    """Decide all conflicts of a link; the next runs write what was decided.

    Args:
        connection: in a transaction.
        link_id: row id of the link.
        winner: the system whose values both are to have.

    Raises:
        PluginError: when the link has no conflict, or the system is none of its two.
    """
    links, waiting = tables.links.c, tables.open_properties
    this = sa.select(links.a_system, links.b_system).where(links.id == link_id)
    systems = connection.execute(this).first()
    if systems is None:
        raise PluginError(f"there is no link {link_id}; see: links list")
    if winner not in systems:
        raise PluginError(f"'{winner}' is none of the link's systems: {' and '.join(systems)}")
    conflicts = sa.and_(waiting.c.link_id == link_id, waiting.c.kind == CONFLICT)
    decided = [
        Decided(row.name, row.toward, decoded(row.value), decoded(row.other), winner)
        for row in connection.execute(sa.select(waiting).where(conflicts))
    ]
    if not decided:
        raise PluginError(f"link {link_id} has no conflict; see: links conflicts")
    kind = sa.case((waiting.c.toward == winner, RETURNED), else_=TAKEN)
    reason = f"{winner} was taken"
    connection.execute(waiting.update().where(conflicts).values(kind=kind, reason=reason))
    return decided
