"""A throw-away copy of a link store, for runs that must leave no trace in the store itself."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
import weakref
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from singer_rest import StopRun

from linked_target.store.database import (
    engine_of,
    make_private,
    open_store,
    snapshot,
    sqlite_file,
    version_of,
)
from linked_target.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = ["copy_store"]

logger = logging.getLogger(__name__)

PAGE = 500


def copy_store(url: str) -> Engine:
    """Open a copy of the link store at an SQLAlchemy URL, as if it were the store itself.

    The store is only read: neither made nor migrated. The copy is an SQLite file in a folder that
    only its owner can enter, both of which end with the engine or with the process. A store that
    does not exist yet has an empty copy.

    Raises:
        SettingError: when the URL is none, or its driver is not installed.
        StopRun: when the store can't be read, or a newer version of this program wrote it.
    """
    original = engine_of(url)
    folder = Path(tempfile.mkdtemp(prefix="links-"))
    try:
        copy = folder / "links.db"
        make_private(copy)
        _fill(original, copy)
        engine = open_store(f"sqlite:///{copy}")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        original.dispose()
    engine.dispose()
    sa.event.listen(engine, "connect", _need_not_last)
    end = weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    sa.event.listen(engine, "engine_disposed", lambda _: end())
    return engine


def _fill(original: Engine, copy: Path) -> None:
    path = sqlite_file(original)
    if original.dialect.name != "sqlite":
        _copy_tables(original, copy)
    elif path is None or not path.exists():
        logger.warning("there is no link store %s yet; an empty one is assumed", path)
    else:
        _copy_file(path, copy)


def _copy_file(path: Path, copy: Path) -> None:
    """Copy an SQLite database while others may write to it.

    Even who only reads a database in WAL mode makes the files `-wal` and `-shm` beside it. They
    stay behind, so that is done only if another process has made them, or does so meanwhile.
    """
    before = _state(path)
    has_log = before[-1]
    _back_up(path, copy, "mode=ro" if has_log else "immutable=1")
    if not has_log and _state(path) != before:
        _back_up(path, copy, "mode=ro")


def _state(path: Path) -> tuple[int, int, int, bool]:
    """Something that changes when somebody opens a database or writes to it."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, Path(f"{path}-wal").exists()


def _back_up(path: Path, copy: Path, mode: str) -> None:
    address = f"file:{quote(str(path.absolute()))}?{mode}"
    try:
        with (
            closing(sqlite3.connect(address, uri=True, timeout=30)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        raise StopRun(f"the link store can't be read: {error}: {path}") from None


def _copy_tables(original: Engine, copy: Path) -> None:
    """Copy the tables of another database, in the form of whichever version made them."""
    with snapshot(original) as source:
        if version_of(source) is None:
            logger.warning("there are no tables of a link store yet; an empty one is assumed")
            return
        found = _tables_of(source)
        target_engine = sa.create_engine(f"sqlite:///{copy}")
        with target_engine.begin() as target:
            found.create_all(target)
            for table in found.sorted_tables:
                rows = source.execution_options(yield_per=PAGE).execute(sa.select(table))
                for page in rows.mappings().partitions():
                    target.execute(table.insert(), [_in_utc(row) for row in page])
        target_engine.dispose()


def _tables_of(source: sa.Connection) -> sa.MetaData:
    """The tables as they are, in types that every database has."""
    found = sa.MetaData()

    def generalize(_inspector: Any, _table: Any, column: dict[str, Any]) -> None:
        column["type"] = column["type"].as_generic()
        column["default"] = None  # SQLite numbers rows without a sequence

    sa.event.listen(found, "column_reflect", generalize)
    found.reflect(source, only=lambda name, _: name in metadata.tables)
    for index in (index for table in found.tables.values() for index in table.indexes):
        where = index.dialect_options[source.dialect.name].get("where")
        index.dialect_options["sqlite"]["where"] = where and sa.text(str(where))
    return found


def _in_utc(row: sa.RowMapping) -> dict[str, Any]:
    """SQLite keeps no offset of a time, and the store's times are in UTC."""
    return {
        name: value.astimezone(timezone.utc) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _need_not_last(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
