"""The link store: one database, SQLite by default, that remembers which records belong together."""

from __future__ import annotations

import logging
import os
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from singer_rest import SettingError, StopRun

from linked_target.store.query_plans import fix_query_plans
from linked_target.store.tables import SCHEMA_VERSION, make_partial_for, metadata, store_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine, ExceptionContext

__all__ = [
    "engine_of",
    "exists",
    "make_private",
    "open_store",
    "snapshot",
    "sqlite_file",
    "version_of",
]

logger = logging.getLogger(__name__)

MIGRATION_LOCK = 0x11C5
"""Key of the advisory lock in PostgreSQL, which all link stores of a database share."""


def open_store(url: str, *, must_exist: bool = False) -> Engine:
    """Open the link store at an SQLAlchemy URL; create its tables, or bring them up to date.

    A new SQLite file is readable by its owner only.

    Args:
        url: SQLAlchemy URL.
        must_exist: whether an SQLite file that does not exist is an error.

    Raises:
        SettingError: when the URL is none, or its driver is not installed.
        StopRun: when the store can't be opened, or a newer version of this program wrote it.
    """
    engine = engine_of(url)
    path = sqlite_file(engine)
    if path is not None and not path.exists():
        if must_exist:
            raise StopRun(f"there is no link store {path}: nothing has run with it yet")
        make_private(path)
        logger.warning("a new link store is made: %s; if you had one, restore it before", path)
    _bring_up_to_date(engine)
    return engine


def engine_of(url: str) -> Engine:
    """An engine for the link store at an SQLAlchemy URL, which is not touched yet.

    Raises:
        SettingError: when the URL is none, or its driver is not installed.
    """
    try:
        engine = sa.create_engine(sa.make_url(url))
    except sa.exc.NoSuchModuleError as error:
        raise SettingError(f"setting 'links_url' names no usable link store: {error}") from None
    except (sa.exc.ArgumentError, ValueError):
        # The error's message may repeat the URL, and with it a password.
        raise SettingError("setting 'links_url' is no SQLAlchemy URL") from None
    except ImportError as error:
        raise SettingError(f"setting 'links_url' needs a driver: {error}") from None
    _close_in_the_end(engine)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_sqlite_pragmas)
    else:
        make_partial_for(engine.dialect.name)
    sa.event.listen(engine, "handle_error", _stop_run)
    return engine


def _close_in_the_end(engine: Engine) -> None:
    """Let whoever forgets to dispose of an engine still leave no connection open behind it."""
    is_open: set[Any] = set()  # the pool itself would hold the engine
    sa.event.listen(engine, "connect", lambda connection, _: is_open.add(connection))
    sa.event.listen(engine, "close", lambda connection, _: is_open.discard(connection))
    weakref.finalize(engine, _close_all, is_open)


def _close_all(connections: set[Any]) -> None:
    for connection in connections:
        connection.close()


def exists(url: str) -> bool:
    """Whether there is a store at an SQLAlchemy URL, as far as can be told without opening it.

    Raises:
        SettingError: when the URL is none, or its driver is not installed.
    """
    path = sqlite_file(engine_of(url))
    return path is None or path.exists()


def sqlite_file(engine: Engine) -> Path | None:
    """The file of an SQLite store; None for other databases, and for one in memory."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return None
    return Path(database)


def make_private(path: Path) -> None:
    """Make an empty file that is readable by its owner only; it must not exist.

    Raises:
        StopRun: when it can't be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StopRun(
            f"the link store can't be created: {error.strerror}: {error.filename}"
        ) from None


@contextmanager
def snapshot(engine: Engine) -> Iterator[sa.Connection]:
    """A connection for reading, to which the store stays as it is now whoever writes to it."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def version_of(connection: sa.Connection) -> int | None:
    """The version of the program that last made or changed the tables; None if there are none.

    Raises:
        StopRun: when it is newer than this one.
    """
    if not sa.inspect(connection).has_table(store_version.name):
        return None
    version = connection.scalar(sa.select(store_version.c.version))
    if version is not None and version > SCHEMA_VERSION:
        raise StopRun(
            f"the link store has version {version}, this program knows {SCHEMA_VERSION}: "
            "update the plugin"
        )
    return version


def _stop_run(context: ExceptionContext) -> None:
    """Tell a store that can't be used (locked, full, gone) in one line."""
    error = context.original_exception
    if isinstance(context.sqlalchemy_exception, sa.exc.IntegrityError):
        return
    if isinstance(context.sqlalchemy_exception, sa.exc.DatabaseError):
        hint = "; another run uses it, wait for its end" if "locked" in str(error) else ""
        raise StopRun(f"the link store can't be used: {error}{hint}") from None


def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an intent must survive a power failure, or a record is created twice
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-32000",  # in KiB; with a million links the look-ups touch that much
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _bring_up_to_date(engine: Engine) -> None:
    """Create or migrate the tables; of several processes one does it and the others wait."""
    with engine.connect() as connection:
        if version_of(connection) == SCHEMA_VERSION:
            return
    with _alone(engine) as connection:
        version = version_of(connection)
        if version is None:
            metadata.create_all(connection)
            connection.execute(store_version.insert().values(version=SCHEMA_VERSION))
        elif version < SCHEMA_VERSION:
            from linked_target.store.migrations import migrate  # noqa: PLC0415 - rarely needed, and slow

            logger.info("the link store is brought from version %d to %d", version, SCHEMA_VERSION)
            migrate(connection, version)
            connection.execute(store_version.update().values(version=SCHEMA_VERSION))
        else:
            return
        if engine.dialect.name == "sqlite":
            fix_query_plans(connection)


@contextmanager
def _alone(engine: Engine) -> Iterator[sa.Connection]:
    """A transaction, also of DDL, that no other process enters at the same time."""
    with engine.connect() as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:  # a table that is rebuilt must not take its children with it
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")
