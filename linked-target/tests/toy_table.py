"""One stream of a toy system: its records, how it behaves, and what was asked of it."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from linked_target import property_of, with_property
from singer_rest import NotFound, RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import Record

EDITED = "updated"
"""Property with the time of a record's last edit, in tables that have a clock."""


class Change(NamedTuple):
    """One write by a target, as it was carried out."""

    call: str
    record_id: str
    before: dict[str, Any]
    """The values that were there, by property."""
    after: dict[str, Any]
    """The values that are there now."""


@dataclass(eq=False)
class Table:
    """The records of one stream of a toy system, and how it behaves; threads may share it."""

    records: dict[str, Record] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    writes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    """Properties that can't be written now."""
    refuses: str | None = None
    """Text of the error with which every write is refused."""
    stops: BaseException | None = None
    """Error that every write raises, before it does anything."""
    loses_answer: Exception | None = None
    """Error that a creation raises after it was committed."""
    hides_from_recovery: bool = False
    barred: str | None = None
    merges_into: str | None = None
    """Id of the record that creations answer with, as an invitation of a known person does."""
    overrides: dict[str, Any] = field(default_factory=dict)
    """Values that the server sets when the property is written, whatever was sent."""
    undeletable: str | None = None
    """Why a target may delete nothing here."""
    clock: Callable[[], str] | None = None
    """Tells the time of an edit; without one, records do not tell when they were edited."""
    before_write: Callable[[str, dict[str, Any]], None] | None = None
    """Called with each write before it is carried out; it may raise in its place."""
    after_write: Callable[[str, dict[str, Any]], None] | None = None
    """Called with each write after it was carried out; if it raises, the answer is lost."""
    name_by_source: bool = False
    """Whether ids of new records tell their source, so that they do not depend on the order."""
    made_for: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the records that were made for a source record, as a footer would tell it."""
    made_at: dict[str, datetime] = field(default_factory=dict)
    """When each of them was made."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    ids: set[str] = field(default_factory=set)
    """All ids that there ever were."""

    def put(self, **values: Any) -> Record:
        """Store a record as a user would do it."""
        record: Record = {}
        for name, value in values.items():
            record = with_property(record, name, value)
        with self.lock:
            self.ids.add(str(record["id"]))
            self.records[str(record["id"])] = self._stamped(record)
            return self.records[str(record["id"])]

    def edit(self, record_id: str, **values: Any) -> None:
        """Edit a record as a user would do it."""
        with self.lock:
            record = self.records[record_id]
            for name, value in values.items():
                record = with_property(record, name, value)
            self.records[record_id] = self._stamped(record)

    def remove(self, record_id: str) -> Record:
        """Delete a record as a user would do it."""
        with self.lock:
            return self.records.pop(record_id)

    def only(self) -> Record:
        """The one record that there is."""
        (record,) = self.records.values()
        return record

    def requests(self) -> int:
        return sum(self.calls.values())

    def called(self, name: str) -> None:
        """Count a request."""
        with self.lock:
            self.calls[name] += 1

    def create(self, prefix: str, source_id: str, values: dict[str, Any]) -> Record:
        """Create a record for a target."""
        with self.lock:
            self._may_write("create", values)
            if self.merges_into:
                return self.records[self.merges_into]
            record_id = self._new_id(prefix, source_id)
            made = self.put(**{"id": record_id, **values, **self.overrides})
            self.made_for.setdefault(source_id, []).append(record_id)
            self.made_at[record_id] = datetime.now(timezone.utc)
            self._wrote("create", record_id, {}, {**values, **self.overrides})
            if self.loses_answer:
                raise self.loses_answer
            return made

    def update(self, record_id: str, changes: dict[str, Any]) -> Record:
        """Change a record for a target."""
        with self.lock:
            self._may_write("update", changes)
            if record_id not in self.records:
                raise NotFound(f"no {record_id}")
            before = {name: property_of(self.records[record_id], name) for name in changes}
            after = {name: self.overrides.get(name, value) for name, value in changes.items()}
            self.edit(record_id, **after)
            self._wrote("update", record_id, before, after)
            return self.records[record_id]

    def delete(self, record_id: str) -> None:
        """Delete a record for a target."""
        with self.lock:
            self._may_write("delete", {"id": record_id})
            before = self.records.pop(record_id, {})
            self._wrote("delete", record_id, before, {})

    def _may_write(self, call: str, values: dict[str, Any]) -> None:
        self.calls[call] += 1
        if self.stops:
            raise self.stops
        if self.refuses:
            raise RecordRefused(self.refuses)
        if self.before_write:
            self.before_write(call, values)
        self.writes.append((call, dict(values)))

    def _wrote(
        self, call: str, record_id: str, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        self.changes.append(Change(call, record_id, before, after))
        if self.after_write:
            self.after_write(call, after)

    def next_id(self, prefix: str, source_id: str) -> str:
        """The id of the next record that is made for a source record, where ids tell that."""
        times = len(self.made_for.get(source_id, ()))
        return f"{prefix}{times + 1 if times else ''}-{source_id}"

    def _new_id(self, prefix: str, source_id: str) -> str:
        """An id that no record has or had."""
        if self.name_by_source:
            return self.next_id(prefix, source_id)
        number = len(self.records) + 1
        while f"{prefix}{number}" in self.ids:
            number += 1
        return f"{prefix}{number}"

    def _stamped(self, record: Record) -> Record:
        return {**record, EDITED: self.clock()} if self.clock else record
