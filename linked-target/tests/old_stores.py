"""Link stores as older versions of the program made them, with a few rows."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from linked_target.store import migrations

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)

VERSION_1 = """
CREATE TABLE store_version (
    version INTEGER NOT NULL
);
CREATE TABLE links (
    id INTEGER NOT NULL,
    a_system VARCHAR NOT NULL,
    b_system VARCHAR NOT NULL,
    a_stream VARCHAR NOT NULL,
    b_stream VARCHAR NOT NULL,
    a_id VARCHAR,
    b_id VARCHAR,
    state VARCHAR NOT NULL,
    a_record BLOB,
    b_record BLOB,
    a_hash BLOB,
    b_hash BLOB,
    reason VARCHAR,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX links_of_a ON links (a_system, b_system, a_stream, a_id);
CREATE INDEX links_in_state ON links (state);
CREATE UNIQUE INDEX one_link_of_a ON links (a_system, b_system, a_stream, a_id)
    WHERE a_id IS NOT NULL AND b_id IS NOT NULL;
CREATE UNIQUE INDEX one_link_of_b ON links (a_system, b_system, b_stream, b_id)
    WHERE a_id IS NOT NULL AND b_id IS NOT NULL;
CREATE INDEX links_of_b ON links (a_system, b_system, b_stream, b_id);
CREATE TABLE queue (
    id INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    destination VARCHAR NOT NULL,
    source_stream VARCHAR NOT NULL,
    destination_stream VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    record BLOB NOT NULL,
    status VARCHAR NOT NULL,
    error VARCHAR,
    attempts INTEGER NOT NULL,
    first_at DATETIME NOT NULL,
    next_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (source, destination, source_stream, destination_stream, source_id)
);
CREATE TABLE facts (
    "key" VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY ("key")
);
CREATE TABLE runs (
    id INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    destination VARCHAR NOT NULL,
    started_at DATETIME NOT NULL,
    ended_at DATETIME NOT NULL,
    outcome VARCHAR NOT NULL,
    counts BLOB NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE open_properties (
    link_id INTEGER NOT NULL,
    toward VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    value BLOB NOT NULL,
    reason VARCHAR,
    since DATETIME NOT NULL,
    PRIMARY KEY (link_id, toward, name),
    FOREIGN KEY(link_id) REFERENCES links (id) ON DELETE CASCADE
);
CREATE TABLE aliases (
    link_id INTEGER NOT NULL,
    system VARCHAR NOT NULL,
    alias VARCHAR NOT NULL,
    PRIMARY KEY (link_id, system, alias),
    FOREIGN KEY(link_id) REFERENCES links (id) ON DELETE CASCADE
);
CREATE INDEX aliases_by_name ON aliases (system, alias)
"""

ROWS: dict[str, dict[str, Any]] = {
    "store_version": {"version": 1},
    "links": {
        "a_system": "crmoffice",
        "b_system": "trello",
        "a_stream": "users",
        "b_stream": "members",
        "a_id": "u1",
        "b_id": "m1",
        "state": "linked",
        "a_record": b'{"id":"u1"}',
        "b_record": b'{"id":"m1"}',
        "a_hash": b"a" * 16,
        "b_hash": b"b" * 16,
        "created_at": NOON,
        "updated_at": NOON,
    },
    "aliases": {"link_id": 1, "system": "crmoffice", "alias": "kari"},
    "open_properties": {
        "link_id": 1,
        "toward": "trello",
        "name": "fullName",
        "kind": "held",
        "value": b'"Kari"',
        "reason": "no token",
        "since": NOON,
    },
    "queue": {
        "source": "crmoffice",
        "destination": "trello",
        "source_stream": "users",
        "destination_stream": "members",
        "source_id": "u2",
        "record": b'{"id":"u2"}',
        "status": "failed",
        "error": "no",
        "attempts": 1,
        "first_at": NOON,
        "next_at": NOON,
    },
    "facts": {"key": "card", "value": "c1"},
    "runs": {
        "source": "crmoffice",
        "destination": "trello",
        "started_at": NOON,
        "ended_at": NOON,
        "outcome": "ok",
        "counts": b'[["users","members",{"read":2}]]',
    },
}


def make_version_1(engine: sa.Engine) -> None:
    """Make a store as version 1 did; SQLite or PostgreSQL."""
    text = VERSION_1
    if engine.dialect.name == "postgresql":
        text = text.replace("BLOB", "BYTEA").replace("DATETIME", "TIMESTAMP WITH TIME ZONE")
        text = text.replace("    id INTEGER NOT NULL", "    id SERIAL NOT NULL")
    with engine.begin() as connection:
        for statement in text.split(";"):
            connection.exec_driver_sql(statement)
        for name, row in ROWS.items():
            columns = [_column(key, value) for key, value in row.items()]
            connection.execute(sa.table(name, *columns).insert().values(row))


def _column(name: str, value: Any) -> sa.ColumnClause[Any]:
    return sa.column(name, sa.DateTime(timezone=True) if isinstance(value, datetime) else None)


def version_1(path: Path) -> str:
    """The URL of a new SQLite store of version 1."""
    url = f"sqlite:///{path}"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    make_version_1(engine)
    engine.dispose()
    return url


def version_2(path: Path) -> str:
    """The URL of a new SQLite store of version 2."""
    url = version_1(path)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        migrations.STEPS[0](Operations(MigrationContext.configure(connection)))
        connection.exec_driver_sql("UPDATE store_version SET version = 2")
    engine.dispose()
    return url
