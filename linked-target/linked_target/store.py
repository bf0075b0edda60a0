"""The link store: one database, SQLite by default, that remembers which records belong together."""

from __future__ import annotations

import logging
import os
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from singer_rest import SettingError, StopRun

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine, ExceptionContext

__all__ = ["SCHEMA_VERSION", "aliases", "facts", "links", "open_properties", "open_store", "queue"]

SCHEMA_VERSION = 1

logger = logging.getLogger(__name__)

metadata = sa.MetaData()

store_version = sa.Table(
    "store_version", metadata, sa.Column("version", sa.Integer, nullable=False)
)

_both_ends = sa.text("a_id IS NOT NULL AND b_id IS NOT NULL")

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
    # A record has one link with the other system, whichever stream that leads to.
    sa.Index(
        "one_link_of_a",
        "a_system",
        "b_system",
        "a_stream",
        "a_id",
        unique=True,
        sqlite_where=_both_ends,
    ),
    sa.Index(
        "one_link_of_b",
        "a_system",
        "b_system",
        "b_stream",
        "b_id",
        unique=True,
        sqlite_where=_both_ends,
    ),
    sa.Index("links_of_a", "a_system", "b_system", "a_stream", "a_id"),
    sa.Index("links_of_b", "a_system", "b_system", "b_stream", "b_id"),
    sa.Index("links_in_state", "state"),
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
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("counts", sa.LargeBinary, nullable=False),
)


def open_store(url: str, *, must_exist: bool = False) -> Engine:
    """Open the link store at an SQLAlchemy URL; create or check its tables.

    A new SQLite file is readable by its owner only.

    Args:
        url: SQLAlchemy URL.
        must_exist: whether an SQLite file that does not exist is an error.

    Raises:
        SettingError: when the URL is none, or its driver is not installed.
        StopRun: when the store can't be opened, or a newer version of this program wrote it.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            path = Path(parsed.database)
            if must_exist and not path.exists():
                raise StopRun(f"there is no link store {path}: nothing has run with it yet")
            _create_private(path)
        engine = sa.create_engine(parsed)
    except sa.exc.NoSuchModuleError as error:
        raise SettingError(f"setting 'links_url' names no usable link store: {error}") from None
    except (
        sa.exc.ArgumentError,
        ValueError,
    ):  # its message may repeat the URL, and with it a password
        raise SettingError("setting 'links_url' is no SQLAlchemy URL") from None
    except ImportError as error:
        raise SettingError(f"setting 'links_url' needs a driver: {error}") from None
    except OSError as error:
        raise StopRun(
            f"the link store can't be created: {error.strerror}: {error.filename}"
        ) from None
    # Whoever forgets to dispose of the engine still leaves no connection open behind it.
    weakref.finalize(engine, engine.pool.dispose)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_sqlite_pragmas)
    else:
        _make_partial_for(engine.dialect.name)
    sa.event.listen(engine, "handle_error", _stop_run)
    _create_tables(engine)
    return engine


def _stop_run(context: ExceptionContext) -> None:
    """Tell a store that can't be used (locked, full, gone) in one line."""
    error = context.original_exception
    if isinstance(context.sqlalchemy_exception, sa.exc.IntegrityError):
        return
    if isinstance(context.sqlalchemy_exception, sa.exc.DatabaseError):
        hint = "; another run uses it, wait for its end" if "locked" in str(error) else ""
        raise StopRun(f"the link store can't be used: {error}{hint}") from None


def _make_partial_for(dialect: str) -> None:
    """Make the unique indexes partial there, too; named above, each dialect would be loaded."""
    for index in links.indexes:
        if index.unique:
            index.dialect_options[dialect]["where"] = _both_ends


def _create_private(path: Path) -> None:
    if str(path) == ":memory:":
        return
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        logger.warning("a new link store is made: %s; if you had one, restore it before", path)


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an intent must survive a power failure, or a record is created twice
        "foreign_keys=ON",
        "busy_timeout=30000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _create_tables(engine: Engine) -> None:
    """Create what is missing; of several processes one does it and the others wait."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        store_version.create(connection, checkfirst=True)
        _check_version(connection)
        metadata.create_all(connection)


def _check_version(connection: sa.Connection) -> None:
    version = connection.scalar(sa.select(store_version.c.version))
    if version is None:
        connection.execute(store_version.insert().values(version=SCHEMA_VERSION))
    elif version > SCHEMA_VERSION:
        raise StopRun(
            f"the link store has version {version}, this program knows {SCHEMA_VERSION}: "
            "update the plugin"
        )
