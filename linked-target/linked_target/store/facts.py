"""Small things that a target remembers from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from linked_target.store import tables

if TYPE_CHECKING:
    from linked_target.store.transactions import Transactions

__all__ = ["Facts"]


class Facts:
    """Texts by key, kept in the link store, e.g. the card that comments go to."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    def get(self, key: str) -> str | None:
        """The text under a key, if there is one."""
        with self.transactions.connect() as connection:
            return connection.scalar(
                sa.select(tables.facts.c.value).where(tables.facts.c.key == key)
            )

    def set(self, key: str, value: str) -> None:
        """Remember a text; it is committed at once."""
        table = tables.facts
        with self.transactions.begin() as connection:
            connection.execute(table.delete().where(table.c.key == key))
            connection.execute(table.insert().values(key=key, value=value))
