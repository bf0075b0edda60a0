"""Public targets, and what they have stored: PostgreSQL, DuckDB, files of JSON lines.

Rows have their columns in lower case: two of the targets write them so.
"""

from __future__ import annotations

import json
import runpy
import subprocess
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from tests.bench.peers import JSONL
from tests.public_programs import installed
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.public_programs import Command

Row = dict[str, Any]

POSTGRES = "meltanolabs-target-postgres==0.8.1"
DUCKDB = ("target-duckdb==0.8.0", "duckdb==1.1.3")
"""Newer DuckDBs take the first row of the target's files for a header."""

_SERVER = runpy.run_path(str(PROJECT / "linked-target" / "tests" / "postgresql_server.py"))
_TABLE = """
import duckdb, json, sys
found = duckdb.connect(sys.argv[1], read_only=True).execute(f'SELECT * FROM "{sys.argv[2]}"')
names = [each[0] for each in found.description]
print(json.dumps([dict(zip(names, row)) for row in found.fetchall()], default=str))
"""


class Warehouse(ABC):
    """A public target and its store.

    Args:
        folder: an empty folder.
        programs: where the target is installed.
    """

    target: str
    flattening: Row
    """Settings with which the target flattens nested objects itself."""
    flattening_keeps = True
    """Whether objects that may hold anything survive that."""
    empty_is_null = False
    """Whether an empty text is stored as NULL."""
    loses_a_record_of: frozenset[str] = frozenset()
    """Streams whose first record it takes for a header, as all flattened columns are text."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs

    def load(self, messages: str, place: str, **settings: Any) -> str:
        """Run the target over a tap's messages; what it printed.

        Args:
            messages: a line each.
            place: name of the schema, database or folder.
            settings: of the target.
        """
        config = self.folder / f"{self.target}.json"
        config.write_text(json.dumps({**self._store(place), **settings}))
        result = subprocess.run(
            [self.programs / self.target, "--config", config],
            input=messages,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    @abstractmethod
    def rows(self, place: str, stream: str) -> list[Row]:
        """All rows of a stream's table."""

    @abstractmethod
    def _store(self, place: str) -> Row:
        """Settings that say where to write."""


class Postgres(Warehouse):
    """MeltanoLabs' target for PostgreSQL, on a real server; marks deleted rows."""

    target = "target-postgres"
    flattening: Row = {"flattening_enabled": True, "flattening_max_depth": 3}  # noqa: RUF012 - read only

    def __init__(self, folder: Path, programs: Path, url: str) -> None:
        super().__init__(folder, programs)
        self.url = url

    def rows(self, place: str, stream: str) -> list[Row]:
        """All rows of a stream's table."""
        url = self.url.replace("+psycopg", "")
        with psycopg.connect(url, row_factory=dict_row) as connection:
            found = connection.execute(f'SELECT * FROM {place}."{stream}"').fetchall()  # noqa: S608 - names of the tests
        return [_lower(row) for row in found]

    def _store(self, place: str) -> Row:
        return {"sqlalchemy_url": self.url, "default_target_schema": place}


class DuckDb(Warehouse):
    """The target for DuckDB; knows no versions."""

    target = "target-duckdb"
    flattening_keeps = False
    empty_is_null = True
    loses_a_record_of = frozenset({"card_custom_field_items"})
    flattening: Row = {"data_flattening_max_level": 3}  # noqa: RUF012 - read only

    def rows(self, place: str, stream: str) -> list[Row]:
        """All rows of a stream's table; times are texts."""
        command: Command = [self.programs / "python", "-c", _TABLE, self._path(place), stream]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        return [_lower(row) for row in json.loads(output)]

    def _store(self, place: str) -> Row:
        return {"path": self._path(place), "default_target_schema": "main"}

    def _path(self, place: str) -> str:
        return str(self.folder / f"{place}.db")


class Jsonl(Warehouse):
    """The target that writes a file per stream and each record at its end."""

    target = "target-jsonl"

    def rows(self, place: str, stream: str) -> list[Row]:
        """All records of a stream's file; properties that a record lacks are null."""
        lines = (self.folder / place / f"{stream}.jsonl").read_text().splitlines()
        records = [_lower(json.loads(line)) for line in lines]
        nothing = dict.fromkeys(name for record in records for name in record)
        return [{**nothing, **record} for record in records]

    def _store(self, place: str) -> Row:
        folder = self.folder / place
        folder.mkdir(exist_ok=True)
        return {"destination_path": str(folder), "do_timestamp_file": False}


def postgresql_programs() -> Path | None:
    """The folder with PostgreSQL's programs, if it is installed on this machine."""
    folder: Path | None = _SERVER["programs"]()
    return folder


def has_postgresql() -> bool:
    """Whether PostgreSQL is installed on this machine."""
    return postgresql_programs() is not None


@contextmanager
def running_server() -> Iterator[str]:
    """A server of PostgreSQL with an empty database; its URL, for SQLAlchemy."""
    with _SERVER["running_server"](_SERVER["programs"]()) as url:
        yield url


def empty_database(server: str, name: str) -> str:
    """A database without tables on a server; its URL."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """The target, on a server of its own."""
    programs = installed(folder / "target-postgres", POSTGRES)
    with running_server() as url:
        yield Postgres(folder, programs, url)


def duckdb(folder: Path) -> DuckDb:
    """Databases in a folder."""
    return DuckDb(folder, installed(folder / "target-duckdb", *DUCKDB))


def jsonl(folder: Path) -> Jsonl:
    """Files in a folder."""
    return Jsonl(folder, installed(folder / "target-jsonl", JSONL))


def _lower(row: Row) -> Row:
    return {name.lower(): value for name, value in row.items()}
