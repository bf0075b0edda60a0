"""The tables of the link store, in their newest form; see `migrations` for the older ones."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

__all__ = [
    "SCHEMA_VERSION",
    "aliases",
    "facts",
    "history",
    "links",
    "make_partial_for",
    "metadata",
    "open_properties",
    "queue",
    "run_locks",
    "runs",
    "store_version",
]

SCHEMA_VERSION = 3


class Instant(sa.TypeDecorator[datetime]):
    """A time that is read in UTC with its offset, which SQLite does not keep."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Add the offset."""
        del dialect
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=timezone.utc)


metadata = sa.MetaData()

store_version = sa.Table(
    "store_version", metadata, sa.Column("version", sa.Integer, nullable=False)
)

_has_a = sa.text("a_id IS NOT NULL")
_has_b = sa.text("b_id IS NOT NULL")
_has_both = sa.text("a_id IS NOT NULL AND b_id IS NOT NULL")

links = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # The two systems of a link stand in alphabetical order, whichever of them was the source.
    sa.Column("a_system", sa.String, nullable=False),
    sa.Column("b_system", sa.String, nullable=False),
    sa.Column("a_stream", sa.String, nullable=False),
    sa.Column("b_stream", sa.String, nullable=False),
    sa.Column("a_id", sa.String),
    sa.Column("b_id", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("a_record", sa.LargeBinary),
    sa.Column("b_record", sa.LargeBinary),
    sa.Column("a_hash", sa.LargeBinary),
    sa.Column("b_hash", sa.LargeBinary),
    sa.Column("reason", sa.String),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    # Of an orphaned link: the system whose record is gone.
    sa.Column("gone", sa.String),
    # The id comes first: SQLite would take any index that begins with systems and streams for a
    # good one, and read all links of a stream instead of those with some ids.
    sa.Index("links_of_a", "a_id", "a_stream", "a_system", "b_system", sqlite_where=_has_a),
    sa.Index("links_of_b", "b_id", "b_stream", "a_system", "b_system", sqlite_where=_has_b),
    # A record has one link with the other system, whichever stream that leads to.
    sa.Index(
        "one_link_of_a",
        "a_id",
        "a_stream",
        "a_system",
        "b_system",
        unique=True,
        sqlite_where=_has_both,
    ),
    sa.Index(
        "one_link_of_b",
        "b_id",
        "b_stream",
        "a_system",
        "b_system",
        unique=True,
        sqlite_where=_has_both,
    ),
    sa.Index("links_in_state", "state", "a_system", "a_stream", "b_system", "b_stream", "id"),
)

open_properties = sa.Table(
    "open_properties",
    metadata,
    sa.Column("link_id", sa.ForeignKey("links.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("toward", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("reason", sa.String),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    # Of a conflict: the value that the system named by `toward` has itself.
    sa.Column("other", sa.LargeBinary),
)

aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("link_id", sa.ForeignKey("links.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("system", sa.String, primary_key=True),
    sa.Column("alias", sa.String, primary_key=True),
    sa.Index("aliases_by_name", "system", "alias"),
)

queue = sa.Table(
    "queue",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("destination", sa.String, nullable=False),
    sa.Column("source_stream", sa.String, nullable=False),
    sa.Column("destination_stream", sa.String, nullable=False),
    sa.Column("source_id", sa.String, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("error", sa.String),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
    sa.UniqueConstraint(
        "source", "destination", "source_stream", "destination_stream", "source_id"
    ),
    sa.Index(
        "queued_in_status",
        "status",
        "source",
        "destination",
        "source_stream",
        "destination_stream",
        "id",
    ),
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("destination", sa.String, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("counts", sa.LargeBinary, nullable=False),
    sa.Column("shard", sa.String),
    # Requests and waits; see `runs`.
    sa.Column("usage", sa.LargeBinary),
    sa.Index("runs_of_direction", "source", "destination", "ended_at"),
)

history = sa.Table(
    "history",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Instant, nullable=False),
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
    sa.Index("history_of_source", "source_id", "source_stream"),
    sa.Index("history_of_destination", "destination_id", "destination_stream"),
    sa.Index("history_by_time", "at"),
)

run_locks = sa.Table(
    "run_locks",
    metadata,
    sa.Column("token", sa.String, primary_key=True),
    # The two systems in alphabetical order; none: the lock is for the whole store.
    sa.Column("a_system", sa.String),
    sa.Column("b_system", sa.String),
    sa.Column("direction", sa.String, nullable=False),
    sa.Column("shard", sa.String),
    sa.Column("program", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    # Where the pid means something: host, boot and pid namespace.
    sa.Column("pid_space", sa.String, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("renewed_at", Instant, nullable=False),
)


def make_partial_for(dialect: str) -> None:
    """Make the indexes partial there, too; named above, each dialect would be loaded."""
    for index in links.indexes:
        index.dialect_options[dialect]["where"] = index.dialect_options["sqlite"]["where"]
