"""The state of both systems in one SQLite file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

Record = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL,
    alias TEXT NOT NULL, sort TEXT NOT NULL, number REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_parent ON records (kind, parent, number, id);
CREATE INDEX IF NOT EXISTS records_name ON records (kind, name);
CREATE INDEX IF NOT EXISTS records_alias ON records (kind, alias, number, id);
CREATE INDEX IF NOT EXISTS records_sort ON records (kind, sort, number);
CREATE INDEX IF NOT EXISTS cards_of_board ON records (parent, id) WHERE kind = 'card';
CREATE INDEX IF NOT EXISTS cards_of_list ON records (alias, id) WHERE kind = 'card';
CREATE INDEX IF NOT EXISTS cards_by_closed ON records (parent, json_extract(body, '$.closed'), id)
    WHERE kind = 'card';
CREATE TABLE IF NOT EXISTS actions (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, board TEXT, list TEXT,
    card TEXT, organization TEXT, creator TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS actions_board ON actions (board, at, id);
CREATE INDEX IF NOT EXISTS actions_board_type ON actions (board, type, at, id);
CREATE INDEX IF NOT EXISTS actions_list ON actions (list, at, id);
CREATE INDEX IF NOT EXISTS actions_card ON actions (card, at, id);
CREATE INDEX IF NOT EXISTS actions_organization ON actions (organization, at, id);
CREATE INDEX IF NOT EXISTS actions_organization_type ON actions (organization, type, at, id);
CREATE INDEX IF NOT EXISTS actions_of_no_board ON actions (organization, at, id)
    WHERE board IS NULL;
CREATE INDEX IF NOT EXISTS actions_creator ON actions (creator, at, id);
CREATE TABLE IF NOT EXISTS memberships (
    kind TEXT NOT NULL, owner TEXT NOT NULL, member TEXT NOT NULL, id TEXT NOT NULL,
    type TEXT NOT NULL, PRIMARY KEY (kind, owner, member)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS memberships_member ON memberships (kind, member);
CREATE TABLE IF NOT EXISTS deactivations (
    organization TEXT NOT NULL, member TEXT NOT NULL,
    PRIMARY KEY (organization, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, id TEXT NOT NULL, member TEXT NOT NULL, scopes TEXT NOT NULL,
    expires INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invitations (
    email TEXT NOT NULL, organization TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refresh_tokens (token TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_EMPTY = (
    "DELETE FROM records",
    "DELETE FROM actions",
    "DELETE FROM memberships",
    "DELETE FROM deactivations",
    "DELETE FROM tokens",
    "DELETE FROM invitations",
    "DELETE FROM refresh_tokens",
    "DELETE FROM settings",
)

# What a kind of record is looked up by: (parent, name, alias, sort, number).
_Keys = tuple[str, str, str, str, float]


def _crm_keys(body: Record) -> _Keys:
    return "", str(body.get("userName") or ""), "", body.get("updatedAt") or "", float(body["id"])


_KEYS: dict[str, Callable[[Record], _Keys]] = {
    "organization": lambda body: ("", body["name"], "", "", 0),
    "member": lambda body: ("", body["username"], (body["email"] or "").lower(), "", 0),
    "board": lambda body: (body["idOrganization"] or "", body["shortLink"], "", "", 0),
    "list": lambda body: (body["idBoard"], "", "", "", body["pos"]),
    "card": lambda body: (body["idBoard"], body["shortLink"], body["idList"], "", body["pos"]),
    "label": lambda body: (body["idBoard"], "", "", "", 0),
    "customField": lambda body: (body["idModel"], "", "", "", body["pos"]),
    "checklist": lambda body: (body["idBoard"], "", body["idCard"], "", body["pos"]),
    "customFieldItem": lambda body: (body["idModel"], "", body["idCustomField"], "", 0),
    "attachment": lambda body: ("", "", "", "", body["pos"]),
}


class Store:
    """Records by kind and id, each a JSON text beside the columns it is found by.

    Made for one thread: the event loop of the server. A request's changes become
    permanent together, by :meth:`commit`.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        # The sandbox survives a crash of its process; losing power is no concern of it.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = TRUNCATE")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file; what is not committed is dropped."""
        self._connection.close()

    def commit(self) -> None:
        """Make the changes since the last commit permanent."""
        self._connection.commit()

    def rollback(self) -> None:
        """Drop the changes since the last commit."""
        self._connection.rollback()

    def clear(self) -> None:
        """Empty every table."""
        for statement in _EMPTY:
            self.write(statement)

    def write(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run a statement that changes rows; return how many."""
        return self._connection.execute(sql, values).rowcount

    def write_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once per row."""
        self._connection.executemany(sql, rows)

    def rows(
        self, sql: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Return the first column of the first row, None without a row."""
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def bodies(self, sql: str, values: Sequence[object] = ()) -> list[Record]:
        """Return the records in the first column of a query's rows."""
        return [msgspec.json.decode(row[0]) for row in self._connection.execute(sql, values)]

    def put(self, kind: str, body: Record, parent: str | None = None) -> None:
        """Write a record, new or changed; ``parent`` where the body does not name it."""
        above, *keys = _KEYS.get(kind, _crm_keys)(body)
        self.write(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, body["id"], above if parent is None else parent, *keys, encode(body)),
        )

    def get(self, kind: str, record_id: str) -> Record | None:
        """Return one record by its id."""
        found = self.bodies("SELECT body FROM records WHERE kind = ? AND id = ?", (kind, record_id))
        return found[0] if found else None

    def named(self, kind: str, name: str) -> Record | None:
        """Return one record by its short name, username or short link."""
        sql = "SELECT body FROM records WHERE kind = ? AND name = ?"
        found = self.bodies(sql, (kind, name))
        return found[0] if found else None

    def aliased(self, kind: str, alias: str) -> list[Record]:
        """Return records by their second key: a member's e-mail, a card's list."""
        sql = "SELECT body FROM records WHERE kind = ? AND alias = ? ORDER BY number, id"
        return self.bodies(sql, (kind, alias))

    def children(self, kind: str, parent: str) -> list[Record]:
        """Return the records of a kind under a parent, in their order."""
        sql = "SELECT body FROM records WHERE kind = ? AND parent = ? ORDER BY number, id"
        return self.bodies(sql, (kind, parent))

    def delete(self, kind: str, record_id: str) -> bool:
        """Delete one record; say whether there was one."""
        sql = "DELETE FROM records WHERE kind = ? AND id = ?"
        return self.write(sql, (kind, record_id)) > 0

    def counts(self) -> dict[str, int]:
        """Return how many records there are of each kind, actions included."""
        rows = self.rows("SELECT kind, count(*) FROM records GROUP BY kind")
        return {**dict(rows), "action": self.value("SELECT count(*) FROM actions")}

    def setting(self, name: str) -> str | None:
        """Return a text kept under a name."""
        found = self.value("SELECT value FROM settings WHERE name = ?", (name,))
        return None if found is None else str(found)

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        self.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


def encode(value: object) -> str:
    """Write a value as JSON text."""
    return msgspec.json.encode(value).decode()
