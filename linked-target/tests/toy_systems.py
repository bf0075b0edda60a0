"""Two systems in memory, each with a target, that count their reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import (
    DestinationStream,
    Kind,
    LinkedTarget,
    Property,
    linked_settings,
    parse_instant,
    property_of,
    same_value,
)
from singer_rest import NotFound, RecordRefused
from singer_sdk import typing as th
from toy_table import EDITED, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from linked_target import Facts, Intent, Record


class ToyStream(DestinationStream):
    """A destination stream over a table."""

    prefix: ClassVar[str]
    reads_at_once = 10

    def __init__(self, table: Table) -> None:
        self.table = table

    def candidates(self) -> Iterable[Record]:
        self.table.called("candidates")
        with self.table.lock:
            return list(self.table.records.values())

    def get(self, record_id: str) -> Record:
        return self._get(record_id)

    def get_many(self, record_ids: Sequence[str]) -> list[Record | RecordRefused]:
        self.table.called("get")
        return [self._get_or_error(record_id) for record_id in record_ids]

    def creation_barred(self, values: Mapping[str, Any]) -> str | None:
        del values
        return self.table.barred

    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        return self.table.create(self.prefix, intent.source_id, dict(values))

    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        self.table.called("recover")
        if self.table.hides_from_recovery:
            return None
        if self.table.name_by_source:
            return self._marked(intent, taken)
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
        return self.table.update(self.id_of(record), dict(changes))

    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        del record
        return {name: "it is locked" for name in names if name in self.table.locked}

    def edited_at(self, record: Record) -> datetime | None:
        return parse_instant(record.get(EDITED))

    def undeletable(self, record: Record) -> str | None:
        del record
        return self.table.undeletable

    def delete(self, record: Record) -> None:
        self.table.delete(self.id_of(record))

    def _get(self, record_id: str) -> Record:
        with self.table.lock:
            if record_id not in self.table.records:
                raise NotFound(f"no {record_id}")
            return self.table.records[record_id]

    def _marked(self, intent: Intent, taken: Callable[[str], bool]) -> Record | None:
        """What was made since for a source record, recognised by a mark that a creation leaves."""
        made = [
            each
            for each in self.table.made_for.get(intent.source_id, ())
            if each in self.table.records
            and self.table.made_at[each] >= intent.begun_at
            and not taken(each)
        ]
        return self.table.records[made[-1]] if made else None


class Companies(ToyStream):
    name = "companies"
    prefix = "c"
    properties: ClassVar[Mapping[str, Property]] = {
        "name": Property(),
        "website": Property(Kind.WEBSITE),
    }
    match_keys = (("website",), ("name",))


class People(ToyStream):
    """They are matched, but neither made nor deleted."""

    creatable = False

    def undeletable(self, record: Record) -> str | None:
        del record
        return "people are not deleted"


class Users(People):
    name = "users"
    prefix = "u"
    properties: ClassVar[Mapping[str, Property]] = {
        "fullName": Property(),
        "email": Property(Kind.EMAIL),
    }
    match_keys = (("email",),)
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


class Members(People):
    name = "members"
    prefix = "m"
    properties: ClassVar[Mapping[str, Property]] = {
        "fullName": Property(),
        "email": Property(Kind.EMAIL),
    }
    match_keys = (("email",),)
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
