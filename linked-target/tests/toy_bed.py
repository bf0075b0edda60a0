"""A bed for tests: two toy systems, the link store between them, and both directions."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from linked_target.store.database import open_store
from toy_systems import TargetToyOffice, TargetToyTrello, ToyTarget
from toy_table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from linked_target import Record

TEXT = {"type": ["string", "null"]}
OFFICE_SCHEMAS: dict[str, dict[str, Any]] = {
    "companies": {
        "id": {"type": ["string", "integer"]},
        "name": TEXT,
        "website": TEXT,
        "noise": TEXT,
    },
    "users": {"id": TEXT, "userName": TEXT, "fullName": TEXT, "email": TEXT},
    "activities": {
        "id": TEXT,
        "subject": TEXT,
        "startsAt": TEXT,
        "ownerId": TEXT,
        "company": {"type": ["object", "null"], "properties": {"id": TEXT}},
        "noise": TEXT,
    },
}
TRELLO_SCHEMAS: dict[str, dict[str, Any]] = {
    "organizations": {"id": TEXT, "displayName": TEXT, "website": TEXT},
    "members": {"id": TEXT, "username": TEXT, "fullName": TEXT, "email": TEXT},
    "actions": {
        "id": TEXT,
        "text": TEXT,
        "date": TEXT,
        "memberCreator": {"type": ["object", "null"], "properties": {"id": TEXT}},
        "board": TEXT,
        "color": TEXT,
    },
}
TO_TRELLO: dict[str, Any] = {
    "companies": {"__alias__": "organizations", "displayName": "name", "website": "website"},
    "users": {"__alias__": "members", "fullName": "fullName", "email": "email"},
    "activities": {
        "__alias__": "actions",
        "text": "subject",
        "date": "startsAt",
        "memberCreator__id": "ownerId",
        "board": "company.id",
    },
}
TO_OFFICE: dict[str, Any] = {
    "organizations": {"__alias__": "companies", "name": "displayName", "website": "website"},
    "members": {"__alias__": "users", "fullName": "fullName", "email": "email"},
    "actions": {
        "__alias__": "activities",
        "subject": "text",
        "startsAt": "date",
        "ownerId": "memberCreator.id",
        "company__id": "board",
    },
}


def messages(
    schemas: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Iterable[Record]],
    *,
    version: int | None = None,
    activated: bool = True,
) -> str:
    """A tap's output: the streams' schemas and records, and a STATE.

    Args:
        schemas: the streams' properties.
        records: the records to tell, by stream.
        version: of a full read; None if it is no full read.
        activated: whether the full read comes to its end.
    """
    lines: list[str] = []
    for stream, properties in schemas.items():
        told = records.get(stream, ())
        lines += lines_of(stream, properties, told, version=version, activated=activated)
    lines.append(_line(type="STATE", value={"bookmarks": "here"}))
    return "".join(lines)


def lines_of(
    stream: str,
    properties: Mapping[str, Any],
    records: Iterable[Record],
    *,
    version: int | None = None,
    activated: bool = True,
) -> list[str]:
    """A tap's output about one stream; for the arguments see `messages`."""
    schema = {"type": "object", "properties": properties}
    reading = {} if version is None else {"version": version}
    lines = [
        _line(type="SCHEMA", stream=stream, schema=schema, key_properties=["id"]),
        *(_line(type="RECORD", stream=stream, record=record, **reading) for record in records),
    ]
    if version is not None and activated:
        lines.append(_line(type="ACTIVATE_VERSION", stream=stream, version=version))
    return lines


def _line(**message: Any) -> str:
    return json.dumps(message) + "\n"


@dataclass
class Bed:
    """Two systems, a link store and the two directions of the sync."""

    url: str
    office: dict[str, Table]
    trello: dict[str, Table]
    settings: dict[str, Any] = field(default_factory=dict)

    def to_trello(
        self, records: Mapping[str, Iterable[Record]] | None = None, **reading: Any
    ) -> None:
        """Run CRMOffice to Trello with these records, or with all; `reading` as in `messages`."""
        sent = _all(self.office) if records is None else records
        text = messages(OFFICE_SCHEMAS, sent, **reading)
        self.run(TargetToyTrello, self.trello, TO_TRELLO, text)

    def to_office(
        self, records: Mapping[str, Iterable[Record]] | None = None, **reading: Any
    ) -> None:
        """Run Trello to CRMOffice with these records, or with all; `reading` as in `messages`."""
        sent = _all(self.trello) if records is None else records
        text = messages(TRELLO_SCHEMAS, sent, **reading)
        self.run(TargetToyOffice, self.office, TO_OFFICE, text)

    def both(self, **reading: Any) -> None:
        self.to_trello(**reading)
        self.to_office(**reading)

    def run(
        self, target: type[ToyTarget], tables: dict[str, Table], maps: dict[str, Any], text: str
    ) -> None:
        """Feed a target with messages."""
        target.tables = tables
        config = {
            "links_url": self.url,
            "stream_maps": json.loads(json.dumps(maps)),
            **self.settings,
        }
        plugin = target(config=config)
        try:
            plugin.listen(io.StringIO(text))
        finally:
            plugin.engine.dispose()

    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """All writes since the last `forget`."""
        return [
            write
            for table in (*self.office.values(), *self.trello.values())
            for write in table.writes
        ]

    def requests(self) -> int:
        return sum(table.requests() for table in (*self.office.values(), *self.trello.values()))

    def forget(self) -> None:
        """Count reads and writes from here."""
        for table in (*self.office.values(), *self.trello.values()):
            table.calls.clear()
            table.writes.clear()

    def rows(self, query: str) -> list[Any]:
        """What a person finds in the link store."""
        engine = open_store(self.url)
        try:
            with engine.connect() as connection:
                return list(connection.exec_driver_sql(query).all())
        finally:
            engine.dispose()

    def change(self, query: str) -> None:
        """Change the link store behind the plugins' back."""
        engine = open_store(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(query)
        engine.dispose()

    def failed(self) -> list[tuple[str, str]]:
        """Id and error of each record on the failed list."""
        query = "SELECT source_id, error FROM queue WHERE status = 'failed' ORDER BY id"
        return [tuple(row) for row in self.rows(query)]

    def open(self, kind: str) -> list[str]:
        """Names of the open properties of a kind."""
        query = f"SELECT name FROM open_properties WHERE kind = '{kind}' ORDER BY name"  # noqa: S608 (a constant)
        return [row[0] for row in self.rows(query)]


def _all(tables: Mapping[str, Table]) -> dict[str, list[Record]]:
    return {name: list(table.records.values()) for name, table in tables.items()}


def new_bed(folder: Path, **settings: Any) -> Bed:
    """Empty systems and an empty link store."""
    return Bed(
        url=f"sqlite:///{folder / 'links.db'}",
        office={each.name: Table() for each in TargetToyOffice.stream_classes},
        trello={each.name: Table() for each in TargetToyTrello.stream_classes},
        settings=dict(settings),
    )
