"""Reading and writing the records of CRMOffice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox import clock
from sandbox.crm.problems import ProblemError, invalid, missing
from sandbox.crm.rules import findings, normalised

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.world import World

_SERVER_SET = ("id", "createdAt", "updatedAt")
_BEFORE_FIRST = {"companies": 1000, "contacts": 2000, "activities": 4000}


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    number: int
    size: int
    updated_since: str | None


def page(world: World, resource: str, asked: Page) -> tuple[list[Record], int]:
    """Return the records of a page, ordered by update and id, and how many there are in all."""
    since = ""
    if asked.updated_since is not None and world.switches.updated_since == "honoured":
        since = _since(asked.updated_since)
    counting = "SELECT count(*) FROM records WHERE kind = ? AND sort >= ?"
    total = world.store.value(counting, (resource, since))
    # To step over the pages before, the index alone is enough.
    starting = (
        "SELECT sort, number FROM records WHERE kind = ? AND sort >= ?"
        " ORDER BY sort, number LIMIT 1 OFFSET ?"
    )
    sql = (
        "SELECT body FROM records WHERE kind = ? AND (sort, number) >= (?, ?)"
        " ORDER BY sort, number LIMIT ?"
    )
    start = world.store.rows(starting, (resource, since, (asked.number - 1) * asked.size))
    if not start:
        return [], total
    return world.store.bodies(sql, (resource, *start[0], asked.size)), total


def users(world: World) -> list[Record]:
    """Return all users."""
    sql = "SELECT body FROM records WHERE kind = 'users' ORDER BY number"
    return world.store.bodies(sql)


def find(world: World, resource: str, record_id: str) -> Record:
    """Return one record (404 without it)."""
    record = world.store.get(resource, record_id)
    if record is None:
        raise missing(resource, record_id)
    return record


def create(world: World, resource: str, sent: Record) -> Record:
    """Create a record; the server sets its id and times."""
    moment = _next_update(world)
    plain = {name: value for name, value in sent.items() if name not in _SERVER_SET}
    record = {"id": _take_id(world, resource), **plain, "createdAt": moment, "updatedAt": moment}
    return _put(world, resource, record)


def patch(world: World, resource: str, record_id: str, changes: Record) -> Record:
    """Change the properties that were sent, nested objects property by property."""
    before = find(world, resource, record_id)
    wanted = {name: value for name, value in changes.items() if name not in _SERVER_SET}
    record = {**_merged(before, wanted), "updatedAt": _next_update(world)}
    return _put(world, resource, record)


def delete(world: World, resource: str, record_id: str) -> None:
    """Delete a record; a company or contact in use stays (409)."""
    find(world, resource, record_id)
    if _in_use(world, resource, record_id):
        raise ProblemError(409, "The record is in use: other records refer to it.")
    world.store.delete(resource, record_id)


def _put(world: World, resource: str, record: Record) -> Record:
    errors = findings(world.store, resource, record)
    if errors:
        raise invalid(errors, world.switches.validation_status)
    right = normalised(record)
    world.store.put(resource, right)
    return right


def _merged(before: Record, changes: Record) -> Record:
    merged = dict(before)
    for name, value in changes.items():
        old = merged.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            merged[name] = _merged(old, value)
        else:
            merged[name] = value
    return merged


def _in_use(world: World, resource: str, record_id: str) -> bool:
    name = {"companies": "company", "contacts": "contact"}.get(resource)
    sql = (
        "SELECT 1 FROM records WHERE kind IN ('contacts', 'activities')"
        " AND json_extract(body, ?) = ? LIMIT 1"
    )
    found = name and world.store.value(sql, (f"$.{name}.id", record_id))
    return bool(found)


def _take_id(world: World, resource: str) -> str:
    """Return an id that no record ever had, deleted ones included."""
    taken = world.store.setting(f"next {resource}")
    if taken is None:
        sql = "SELECT max(number) FROM records WHERE kind = ?"
        taken = str(int(world.store.value(sql, (resource,)) or _BEFORE_FIRST[resource]) + 1)
    world.store.keep_setting(f"next {resource}", str(int(taken) + 1))
    return taken


def _next_update(world: World) -> str:
    """Return the time of a change: later than every earlier one, unless it is committed late."""
    world.last_update = max(clock.now_ms(), world.last_update + 1)
    return clock.iso(world.last_update - world.switches.commit_delay_ms)


def _since(text: str) -> str:
    try:
        return clock.iso(clock.parse(text))
    except ValueError as error:
        errors = {"updatedSince": ["Is no ISO 8601 time."]}
        raise ProblemError(400, "The query is invalid.", errors) from error
