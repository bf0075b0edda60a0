"""The way from each older version of the link store to the next.

A step stays as it is for ever: it names tables and columns itself and uses nothing of `tables`,
which change. Only `migrate` may be imported, and only when it is needed: Alembic is slow to load.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from singer_rest import StopRun

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["migrate"]

# It tells which SQL dialect it found, and that it opens no transaction: the caller does.
logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)


def migrate(connection: sa.Connection, version: int) -> None:
    """Bring the tables of a store from a version to the newest one.

    Args:
        connection: in a transaction of its own, which holds DDL, too; SQLite must not enforce
            foreign keys meanwhile.
        version: of the store, 1 or higher.

    Raises:
        StopRun: when rows would refer to others that are not there.
    """
    operations = Operations(MigrationContext.configure(connection))
    for step in STEPS[version - 1 :]:
        step(operations)
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StopRun(f"the link store can't be migrated: table {broken[0]} has lost its links")


def _to_2(operations: Operations) -> None:
    """Tell whose record of an orphaned link is gone; locks of runs; shards; better indexes."""
    operations.add_column("links", sa.Column("gone", sa.String))
    operations.add_column("runs", sa.Column("shard", sa.String))
    operations.create_index("runs_of_direction", "runs", ["source", "destination", "ended_at"])
    operations.create_table(
        "run_locks",
        sa.Column("token", sa.String, primary_key=True),
        sa.Column("a_system", sa.String),
        sa.Column("b_system", sa.String),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("shard", sa.String),
        sa.Column("program", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("pid_space", sa.String, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
    )
    for index in ("links_of_a", "links_of_b", "one_link_of_a", "one_link_of_b", "links_in_state"):
        operations.drop_index(index, "links")
    streams = ["a_system", "a_stream", "b_system", "b_stream"]
    both = "a_id IS NOT NULL AND b_id IS NOT NULL"
    for end in ("a", "b"):
        columns = [f"{end}_id", f"{end}_stream", "a_system", "b_system"]
        one_end = _where(operations, f"{end}_id IS NOT NULL")
        operations.create_index(f"links_of_{end}", "links", columns, **one_end)
        both_ends = _where(operations, both)
        operations.create_index(f"one_link_of_{end}", "links", columns, unique=True, **both_ends)
    operations.create_index("links_in_state", "links", ["state", *streams, "id"])
    of_pair = ["source", "destination", "source_stream", "destination_stream"]
    operations.create_index("queued_in_status", "queue", ["status", *of_pair, "id"])


def _to_3(operations: Operations) -> None:
    """Conflicts that a person decides; what a run cost; the history of records."""
    operations.add_column("open_properties", sa.Column("other", sa.LargeBinary))
    operations.add_column("runs", sa.Column("usage", sa.LargeBinary))
    operations.create_table(
        "history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("program", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("destination", sa.String, nullable=False),
        sa.Column("source_stream", sa.String, nullable=False),
        sa.Column("destination_stream", sa.String, nullable=False),
        sa.Column("source_id", sa.String, nullable=False),
        sa.Column("destination_id", sa.String),
        sa.Column("changes", sa.LargeBinary),
        sa.Column("detail", sa.String),
    )
    for end in ("source", "destination"):
        columns = [f"{end}_id", f"{end}_stream"]
        operations.create_index(f"history_of_{end}", "history", columns)
    operations.create_index("history_by_time", "history", ["at"])


def _where(operations: Operations, condition: str) -> dict[str, Any]:
    """The argument that makes an index partial in the store's kind of database."""
    return {f"{operations.get_context().dialect.name}_where": sa.text(condition)}


STEPS: list[Callable[[Operations], None]] = [_to_2, _to_3]
"""The first leads from version 1 to 2, and so on."""
