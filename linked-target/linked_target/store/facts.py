"""Small things that a target remembers from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from linked_target.store import tables
from linked_target.store.turns import turn
from linked_target.store.upsert import upsert

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

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
        with self.transactions.begin() as connection:
            upsert(connection, tables.facts, ["key"], {"key": key, "value": value})

    def turn(self, key: str) -> AbstractContextManager[None]:
        """Let no other run, and no other thread, find out or make the same thing meanwhile.

        Args:
            key: of the fact that tells of the thing.

        Raises:
            StopRun: when another one is at it for ten minutes.
        """
        return turn(self.transactions.engine, key)
