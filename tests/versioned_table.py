"""What SQL targets make of a tap's messages: tables whose rows have versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]
Key = Any
"""The value of a table's key; several of them as a tuple."""


@dataclass
class VersionedTables:
    """Tables by stream: the SDK's SQL targets with `hard_delete` treat messages like this.

    A record is put in under its key, with the version of its message. ACTIVATE_VERSION deletes the
    rows with an older version. A row without a version is never deleted.
    """

    rows: dict[str, dict[Key, Row]] = field(default_factory=dict)
    versions: dict[str, dict[Key, int | None]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)

    def load(self, messages: Iterable[Row]) -> None:
        """Take in the output of a run."""
        for message in messages:
            if message["type"] == "SCHEMA":
                self.keys[message["stream"]] = message["key_properties"]
            elif message["type"] == "RECORD":
                self._put(message["stream"], message["record"], message.get("version"))
            elif message["type"] == "ACTIVATE_VERSION":
                self._clear(message["stream"], message["version"])

    def ids(self, stream: str) -> set[Key]:
        """The keys of a table's rows."""
        return set(self.rows.get(stream, {}))

    def _put(self, stream: str, record: Row, version: int | None) -> None:
        values = [record[name] for name in self.keys.get(stream, ["id"])]
        key = values[0] if len(values) == 1 else tuple(values)
        self.rows.setdefault(stream, {})[key] = record
        self.versions.setdefault(stream, {})[key] = version

    def _clear(self, stream: str, active: int) -> None:
        for key, version in list(self.versions.get(stream, {}).items()):
            if version is not None and version < active:
                del self.rows[stream][key], self.versions[stream][key]
