"""What a run did, told by both systems before and after it, in the words of a plan."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from linked_target import property_of, same_value
from linked_target.store import tables
from linked_target.store.database import open_store
from target_crmoffice.destinations import Activities, Companies, Contacts, Users
from target_trello.actions import Actions
from target_trello.members import Members
from target_trello.organizations import Organizations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linked_target import DestinationStream, Property

    from tests.forked import ForkedOffice

Json = Any
Records = dict[str, dict[str, Json]]
"""By stream and id."""
Pair = tuple[str, str, str, str]
"""Source stream, source id, destination stream, destination id."""

DESTINATIONS: dict[str, tuple[type[DestinationStream], ...]] = {
    "target-trello": (Organizations, Members, Actions),
    "target-crmoffice": (Companies, Users, Contacts, Activities),
}
TAP_OF_DESTINATION = {"target-trello": "tap-trello", "target-crmoffice": "tap-crmoffice"}
CONFLICT = re.compile(r"conflict in (\w+) (\S+), (\w+): ")


@dataclass(frozen=True)
class Step:
    """One step of a plan, or what really was one."""

    action: str
    stream: str
    source_id: str
    destination_id: str | None
    changes: dict[str, tuple[Json, Json]]


@dataclass(frozen=True)
class Picture:
    """The destination and the links at one moment.

    Attributes:
        records: of the destination, as its tap reads them.
        links: the state of each link.
        held: the properties that are held on each link.
    """

    records: Records
    links: dict[Pair, str]
    held: dict[Pair, set[str]]


def picture_of(office: ForkedOffice, target: str) -> Picture:
    """Read the destination as a whole, and the links."""
    tap = TAP_OF_DESTINATION[target]
    anew = replace(office, states={})
    records: Records = {}
    for line in anew.run_plugin(tap, anew.config_of(tap)).output.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            records.setdefault(message["stream"], {})[message["record"]["id"]] = message["record"]
    return Picture(records, *_links(office, target))


def _links(office: ForkedOffice, target: str) -> tuple[dict[Pair, str], dict[Pair, set[str]]]:
    if not (office.folder / "links.db").exists():
        return {}, {}
    columns = tables.links.c
    ends = [columns.a_stream, columns.a_id, columns.b_stream, columns.b_id]
    if target == "target-crmoffice":
        ends = ends[2:] + ends[:2]
    engine = open_store(office.links_url)
    with engine.connect() as connection:
        links = {
            (row[0], row[1], row[2], row[3]): row.state
            for row in connection.execute(sa.select(*ends, columns.state))
        }
        held: dict[Pair, set[str]] = {}
        opened = tables.open_properties.c
        query = sa.select(*ends, opened.name).join_from(tables.links, tables.open_properties)
        toward = target.removeprefix("target-")
        for row in connection.execute(query.where(opened.toward == toward, opened.kind == "held")):
            held.setdefault((row[0], row[1], row[2], row[3]), set()).add(row.name)
    engine.dispose()
    return links, held


def steps_between(before: Picture, after: Picture, target: str, logged: str) -> list[Step]:
    """What a run did between two moments.

    Args:
        before: the moment before.
        after: the moment after.
        target: the target that ran.
        logged: what it logged; nothing else tells of conflicts.
    """
    return [
        *_new_links(before, after, target),
        *_changes(before, after, target),
        *_endings(before, after),
        *_conflicts(logged, after),
    ]


def properties_of(target: str, stream: str) -> dict[str, Property]:
    """The properties of a destination's stream that its API shows to everybody."""
    (found,) = [each for each in DESTINATIONS[target] if each.name == stream]
    return {name: each for name, each in found.properties.items() if not each.create_only}


def _new_links(before: Picture, after: Picture, target: str) -> Iterator[Step]:
    for pair in linked(after).keys() - linked(before).keys():
        _, source_id, stream, destination_id = pair
        if destination_id in before.records.get(stream, {}):
            changes = _differences(before, after, target, pair)
            yield Step("match", _title(pair), source_id, destination_id, changes)
        else:
            record = after.records[stream][destination_id]
            changes = {
                name: (None, property_of(record, name)) for name in properties_of(target, stream)
            }
            stated = {name: each for name, each in changes.items() if each[1] not in (None, "")}
            yield Step("create", _title(pair), source_id, None, stated)


def _changes(before: Picture, after: Picture, target: str) -> Iterator[Step]:
    for pair in linked(after).keys() & linked(before).keys():
        if changes := _differences(before, after, target, pair):
            yield Step("update", _title(pair), pair[1], pair[3], changes)
    for pair, names in after.held.items():
        if names - before.held.get(pair, set()):
            changes = dict.fromkeys(names, (None, None))
            yield Step("hold", _title(pair), pair[1], pair[3], changes)


def _differences(
    before: Picture, after: Picture, target: str, pair: Pair
) -> dict[str, tuple[Json, Json]]:
    _, _, stream, destination_id = pair
    if destination_id not in before.records[stream] or destination_id not in after.records[stream]:
        return {}
    then, now = (each.records[stream][destination_id] for each in (before, after))
    values = {
        name: (each.kind, property_of(then, name), property_of(now, name))
        for name, each in properties_of(target, stream).items()
    }
    return {
        name: (old, new)
        for name, (kind, old, new) in values.items()
        if not same_value(kind, old, new)
    }


def _endings(before: Picture, after: Picture) -> Iterator[Step]:
    for pair in linked(before).keys() - linked(after).keys():
        gone = pair[3] in before.records[pair[2]] and pair[3] not in after.records[pair[2]]
        if gone:
            yield Step("delete", _title(pair), pair[1], pair[3], {})
        elif after.links.get(pair) == "orphaned":
            yield Step("orphan", _title(pair), pair[1], pair[3], {})
        else:
            yield Step("unlink", _title(pair), pair[1], pair[3], {})


def _conflicts(logged: str, after: Picture) -> Iterator[Step]:
    for stream, source_id, name in CONFLICT.findall(logged):
        (pair,) = [each for each in linked(after) if each[:2] == (stream, source_id)]
        yield Step("conflict", _title(pair), source_id, pair[3], {name: (None, None)})


def linked(picture: Picture) -> dict[Pair, str]:
    """The links that have two ends which are there."""
    return {pair: state for pair, state in picture.links.items() if state == "linked"}


def _title(pair: Pair) -> str:
    return f"{pair[0]} to {pair[2]}"
