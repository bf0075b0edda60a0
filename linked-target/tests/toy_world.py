"""Two toy systems with users who work in them, and a sync that is run now and then.

Everything that happens is decided by the test: who edits what, which records a tap tells, in which
order requests are carried out, and which of them fail. The world keeps account of who entered what.
"""

from __future__ import annotations

import json
import logging
import random
from collections import defaultdict
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import linked_target.sync.driver
from singer_rest import RecordRefused, StopRun
from singer_sdk.sinks.core import DEFAULT_JSONSCHEMA_VALIDATOR
from toy_bed import OFFICE_SCHEMAS, TO_OFFICE, TO_TRELLO, TRELLO_SCHEMAS, lines_of
from toy_systems import TargetToyOffice, TargetToyTrello
from toy_table import EDITED, Change, Table
from toy_terms import NAMES, SIDES, STREAMS, other
from toy_workers import SeededWorkers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linked_target import Record
    from toy_store import ToyStore
    from toy_systems import ToyTarget
    from toy_terms import Key, Values

TARGETS: dict[str, type[ToyTarget]] = {"crmoffice": TargetToyOffice, "trello": TargetToyTrello}
MAPS = {"crmoffice": TO_TRELLO, "trello": TO_OFFICE}
SCHEMAS = {"crmoffice": OFFICE_SCHEMAS, "trello": TRELLO_SCHEMAS}
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Fault(NamedTuple):
    """Something that goes wrong with one write of a run."""

    number: int
    """Which write it is."""
    committed: bool
    error: Exception

    def new_error(self) -> Exception:
        """The error; a new one each time, since an error keeps all its tracebacks."""
        return type(self.error)(*self.error.args)


@dataclass
class Report:
    """What a run did."""

    changes: list[tuple[str, Change]] = field(default_factory=list)
    """Kind and what was written, in order."""
    conflicts: list[str] = field(default_factory=list)
    crashed: bool = False
    faulted: bool = False


class World:
    """The two systems, the store between them, and account of what happened.

    Args:
        store: the link store; it is emptied.
    """

    def __init__(self, store: ToyStore) -> None:
        self.speed: dict[str, int] = {}
        """Settings that must make no difference."""
        self.poison: set[Any] = set()
        """Values that the side they are written to refuses."""
        self.origin: dict[Any, set[tuple[Key, str]]] = defaultdict(set)
        """Records and properties for which a user entered a value."""
        self.seen: dict[Key, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        """All values that a property of a record ever had."""
        self.changed: dict[str, set[tuple[str, str]]] = {side: set() for side in SIDES}
        """Kinds and ids of what the next partial read of a side tells."""
        self.conflicts: list[str] = []
        """All conflicts that were logged."""
        self.tables: dict[str, dict[str, Table]] = {
            side: {kind: self._table() for kind in STREAMS} for side in SIDES
        }
        self._ticks = 0
        self._version = 0
        self.store = store
        store.clear()

    def records(self, side: str, kind: str) -> dict[str, Record]:
        return self.tables[side][kind].records

    def put(self, side: str, kind: str, record_id: str, values: Values) -> None:
        """A user creates a record."""
        named = {NAMES[kind][name][side]: value for name, value in values.items()}
        self.tables[side][kind].put(id=record_id, **named)
        self._entered((side, kind, record_id), values)

    def edit(self, side: str, kind: str, record_id: str, values: Values) -> None:
        """A user edits a record."""
        named = {NAMES[kind][name][side]: value for name, value in values.items()}
        self.tables[side][kind].edit(record_id, **named)
        self._entered((side, kind, record_id), values)

    def remove(self, side: str, kind: str, record_id: str) -> Record:
        """A user deletes a record."""
        self.changed[side].discard((kind, record_id))
        return self.tables[side][kind].remove(record_id)

    def restore(self, side: str, kind: str, record: Record) -> None:
        """A user takes a deletion back."""
        self.tables[side][kind].put(**record)
        self.changed[side].add((kind, record["id"]))

    def _entered(self, key: Key, values: Values) -> None:
        side, kind, record_id = key
        self.changed[side].add((kind, record_id))
        for name, value in values.items():
            self.origin[value].add((key, name))
            self.seen[key][name].append(value)

    def run(
        self, source: str, mode: str, seed: int, fault: Fault | None = None, **settings: Any
    ) -> Report:
        """Run the sync in one direction.

        Args:
            source: the side that is read.
            mode: "changed" for a tap that tells what changed since the last run, "all" for one
                that tells everything, "complete" if it also says that this is everything.
            seed: decides what is up to chance.
            fault: what goes wrong, if anything.
            settings: of the target.
        """
        chance = random.Random(seed)  # noqa: S311 - a test wants to be repeated
        destination = other(source)
        report = Report()
        text = self._told_by_tap(source, mode, chance)
        earlier = {kind: len(table.changes) for kind, table in self.tables[destination].items()}
        with self._going_wrong(destination, fault, report), _listening(report.conflicts):
            self._run_target(source, text, chance, report, settings)
        for kind, table in self.tables[destination].items():
            report.changes += [(kind, each) for each in table.changes[earlier[kind] :]]
        self._note(destination, report)
        if not report.crashed:
            self.changed[source].clear()
        return report

    def _run_target(
        self,
        source: str,
        text: list[str],
        chance: random.Random,
        report: Report,
        settings: dict[str, Any],
    ) -> None:
        destination = other(source)
        target = TARGETS[destination]
        target.tables = {
            STREAMS[kind][destination]: table for kind, table in self.tables[destination].items()
        } | {"users": Table(), "members": Table()}
        streams = [each[source] for each in STREAMS.values()]
        plugin = target(
            config={
                "links_url": self.store.url,
                "stream_maps": {name: dict(MAPS[source][name]) for name in streams},
                "edited_at": dict.fromkeys(streams, EDITED),
                "on_error": "keep",
                "max_deletes": 1000,
                **self.speed,
                **settings,
            }
        )
        plugin.engine = self.store.engine
        plugin._lock = nullcontext  # type: ignore[method-assign]
        plugin._write_state_message = lambda _: None  # type: ignore[method-assign]
        workers = mock.patch.object(
            linked_target.sync.driver, "Workers", lambda most: SeededWorkers(most, chance)
        )
        checks = mock.patch.object(DEFAULT_JSONSCHEMA_VALIDATOR, "check_schema")
        self.store.let_time_pass()
        with workers, checks:
            try:
                plugin.listen(text)  # type: ignore[arg-type]
            except StopRun:
                report.crashed = True
                assert report.faulted

    def _table(self) -> Table:
        return Table(name_by_source=True, clock=self._now)

    def _now(self) -> str:
        self._ticks += 1
        return (BEGIN + timedelta(seconds=self._ticks)).isoformat()

    def _told_by_tap(self, source: str, mode: str, chance: random.Random) -> list[str]:
        self._version += 1
        kinds = list(STREAMS)
        chance.shuffle(kinds)
        lines: list[str] = []
        for kind in kinds:
            records = [
                record
                for record_id, record in self.records(source, kind).items()
                if mode != "changed" or (kind, record_id) in self.changed[source]
            ]
            again = [record for record in records if chance.random() < 0.2]
            told = records + again
            chance.shuffle(told)
            stream = STREAMS[kind][source]
            version = self._version if mode == "complete" else None
            lines += lines_of(stream, SCHEMAS[source][stream], told, version=version)
        return [*lines, json.dumps({"type": "STATE", "value": {}}) + "\n"]

    @contextmanager
    def _going_wrong(self, side: str, fault: Fault | None, report: Report) -> Iterator[None]:
        count = 0

        def before(call: str, values: Values) -> None:
            nonlocal count
            del call
            if any(value in self.poison for value in values.values()):
                raise RecordRefused("it is poison")
            company = values.get(NAMES["activity"]["company"][side])
            if company is not None and company not in self.records(side, "company"):
                raise RecordRefused(f"there is no company {company}")
            count += 1
            if fault and count == fault.number and not fault.committed:
                report.faulted = True
                raise fault.new_error()

        def after(call: str, values: Values) -> None:
            del call, values
            if fault and count == fault.number and fault.committed:
                report.faulted = True
                raise fault.new_error()

        tables = self.tables[side].values()
        for table in tables:
            table.before_write, table.after_write = before, after
        try:
            yield
        finally:
            for table in tables:
                table.before_write = table.after_write = None

    def _note(self, side: str, report: Report) -> None:
        """Keep account of what the run wrote."""
        self.conflicts += report.conflicts
        for kind, change in report.changes:
            if change.call == "delete":
                self.changed[side].discard((kind, change.record_id))
                continue
            self.changed[side].add((kind, change.record_id))
            for name, at in NAMES[kind].items():
                if at[side] in change.after:
                    key = (side, kind, change.record_id)
                    self.seen[key][name].append(change.after[at[side]])


class _Ear(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _listening(heard: list[str]) -> Iterator[None]:
    """Collect the conflicts that are logged."""
    logger = logging.getLogger("linked_target.sync.conflicts")
    ear = _Ear(heard)
    logger.addHandler(ear)
    try:
        yield
    finally:
        logger.removeHandler(ear)
