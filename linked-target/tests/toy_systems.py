"""Two systems in memory, each with a target, that count their reads and writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import (
    DestinationStream,
    Kind,
    LinkedTarget,
    Property,
    linked_settings,
    property_of,
    same_value,
    with_property,
)
from singer_rest import NotFound, RecordRefused
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from linked_target import Facts, Intent, Record


@dataclass
class Table:
    """The records of one stream of a toy system, and how it behaves."""

    records: dict[str, Record] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    writes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    """Properties that can't be written now."""
    refuses: str | None = None
    """Text of the error with which every write is refused."""
    stops: Exception | None = None
    """Error that every write raises, before it does anything."""
    loses_answer: Exception | None = None
    """Error that a creation raises after it was committed."""
    hides_from_recovery: bool = False
    barred: str | None = None
    merges_into: str | None = None
    """Id of the record that creations answer with, as an invitation of a known person does."""
    overrides: dict[str, Any] = field(default_factory=dict)
    """Values that the server sets when the property is written, whatever was sent."""

    def put(self, **values: Any) -> Record:
        """Store a record as a user would do it."""
        record: Record = {}
        for name, value in values.items():
            record = with_property(record, name, value)
        self.records[str(record["id"])] = record
        return record

    def edit(self, record_id: str, **values: Any) -> None:
        """Edit a record as a user would do it."""
        for name, value in values.items():
            self.records[record_id] = with_property(self.records[record_id], name, value)

    def only(self) -> Record:
        """The one record that there is."""
        (record,) = self.records.values()
        return record

    def requests(self) -> int:
        return sum(self.calls.values())


class ToyStream(DestinationStream):
    """A destination stream over a table."""

    prefix: ClassVar[str]

    def __init__(self, table: Table) -> None:
        self.table = table

    def candidates(self) -> Iterable[Record]:
        self.table.calls["candidates"] += 1
        return list(self.table.records.values())

    def get(self, record_id: str) -> Record:
        self.table.calls["get"] += 1
        if record_id not in self.table.records:
            raise NotFound(f"no {record_id}")
        return self.table.records[record_id]

    def creation_barred(self, values: Mapping[str, Any]) -> str | None:
        del values
        return self.table.barred

    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        del intent
        table = self.table
        self._may_write("create", dict(values))
        if table.merges_into:
            return table.records[table.merges_into]
        record_id = f"{self.prefix}{len(table.records) + 1}"
        made = table.put(**{"id": record_id, **values, **table.overrides})
        if table.loses_answer:
            raise table.loses_answer
        return made

    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        del intent
        self.table.calls["recover"] += 1
        if self.table.hides_from_recovery:
            return None
        found = [
            record
            for record_id, record in self.table.records.items()
            if not taken(record_id)
            and all(
                same_value(self.properties[name].kind, value, property_of(record, name))
                for name, value in values.items()
            )
        ]
        if len(found) > 1:
            raise RecordRefused("several may be it")
        return found[0] if found else None

    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        self._may_write("update", dict(changes))
        record_id = self.id_of(record)
        set_by_server = {name: self.table.overrides.get(name, changes[name]) for name in changes}
        self.table.edit(record_id, **set_by_server)
        return self.table.records[record_id]

    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        del record
        return {name: "it is locked" for name in names if name in self.table.locked}

    def _may_write(self, call: str, values: dict[str, Any]) -> None:
        self.table.calls[call] += 1
        if self.table.stops:
            raise self.table.stops
        if self.table.refuses:
            raise RecordRefused(self.table.refuses)
        self.table.writes.append((call, values))


class Companies(ToyStream):
    name = "companies"
    prefix = "c"
    properties: ClassVar[Mapping[str, Property]] = {
        "name": Property(),
        "website": Property(Kind.WEBSITE),
    }
    match_keys = (("website",), ("name",))


class Users(ToyStream):
    name = "users"
    prefix = "u"
    properties: ClassVar[Mapping[str, Property]] = {
        "fullName": Property(),
        "email": Property(Kind.EMAIL),
    }
    match_keys = (("email",),)
    creatable = False
    alternate_ids = ("userName",)


class Activities(ToyStream):
    name = "activities"
    prefix = "a"
    properties: ClassVar[Mapping[str, Property]] = {
        "subject": Property(),
        "startsAt": Property(Kind.INSTANT),
        "ownerId": Property(Kind.ID, references="users"),
        "company__id": Property(Kind.ID, references="companies"),
    }


class Organizations(ToyStream):
    name = "organizations"
    prefix = "o"
    properties: ClassVar[Mapping[str, Property]] = {
        "displayName": Property(),
        "website": Property(Kind.WEBSITE),
    }
    match_keys = (("website",), ("displayName",))


class Members(ToyStream):
    name = "members"
    prefix = "m"
    properties: ClassVar[Mapping[str, Property]] = {
        "fullName": Property(),
        "email": Property(Kind.EMAIL),
    }
    match_keys = (("email",),)
    creatable = False
    alternate_ids = ("username",)


class Actions(ToyStream):
    name = "actions"
    prefix = "n"
    properties: ClassVar[Mapping[str, Property]] = {
        "text": Property(),
        "date": Property(Kind.INSTANT),
        "memberCreator__id": Property(Kind.ID, references="members"),
        "board": Property(Kind.ID, references="organizations"),
        "color": Property(create_only=True),
    }


class ToyTarget(LinkedTarget):
    """A target over tables; the test bed hands them over."""

    stream_classes: ClassVar[Sequence[type[ToyStream]]]
    tables: dict[str, Table]

    def open_streams(self, facts: Facts) -> Sequence[DestinationStream]:
        del facts
        return [each(self.tables[each.name]) for each in self.stream_classes]


class TargetToyTrello(ToyTarget):
    name = "target-toy-trello"
    system = "trello"
    config_jsonschema: ClassVar[dict[str, Any]] = linked_settings(
        th.PropertiesList(), default_source="crmoffice"
    )
    stream_classes = (Organizations, Members, Actions)
    tables: ClassVar[dict[str, Table]] = {}  # type: ignore[misc]
    default_references: ClassVar[dict[str, dict[str, str]]] = {
        "actions": {"memberCreator__id": "users", "board": "companies"}
    }
    default_reference_keys: ClassVar[dict[str, list[str]]] = {"users": ["userName"]}
    user_streams = ("users", "members")


class TargetToyOffice(ToyTarget):
    name = "target-toy-office"
    system = "crmoffice"
    config_jsonschema: ClassVar[dict[str, Any]] = linked_settings(
        th.PropertiesList(), default_source="trello"
    )
    stream_classes = (Companies, Users, Activities)
    tables: ClassVar[dict[str, Table]] = {}  # type: ignore[misc]
    default_references: ClassVar[dict[str, dict[str, str]]] = {
        "activities": {"ownerId": "members", "company__id": "organizations"}
    }
    default_reference_keys: ClassVar[dict[str, list[str]]] = {"members": ["username"]}
    user_streams = ("members", "users")
    user_map_inverted = True
