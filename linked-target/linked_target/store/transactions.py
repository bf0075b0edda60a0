"""Transactions of the link store: many small changes become one commit."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa
    from sqlalchemy.engine import Engine

__all__ = ["Transactions"]


class Transactions:
    """Begins transactions, and joins those of one thread while `together` is open.

    Other threads get transactions of their own at any time.

    Args:
        engine: of an open link store.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.guard: Callable[[sa.Connection], None] | None = None
        """Called at the end of each transaction of `together`; it raises to prevent the commit."""
        self._owner: int | None = None
        self._shared: sa.Connection | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make everything that this thread does inside one transaction."""
        if self._joined() is not None:
            yield
            return
        with self.engine.begin() as connection:
            self._owner, self._shared = threading.get_ident(), connection
            try:
                yield
                if self.guard is not None:
                    self.guard(connection)
            finally:
                self._owner = self._shared = None

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A connection for changes, which are committed at the end of the outermost transaction."""
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """A connection for reading; it sees what this thread's open transaction changed."""
        joined = self._joined()
        if joined is not None:
            yield joined
            return
        with self.engine.connect() as connection:
            yield connection

    def _joined(self) -> sa.Connection | None:
        return self._shared if self._owner == threading.get_ident() else None
