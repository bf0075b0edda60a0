"""How records look in an answer, as the switches set it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.clock import oslo_local
from sandbox.crm.custom_fields import with_custom_fields
from sandbox.crm.rules import user_of

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.world import World

_TIMES = ("createdAt", "updatedAt", "startsAt", "endsAt", "nextReviewAt")


def shown(world: World, resource: str, record: Record) -> Record:
    """Return a record as it is answered."""
    switches = world.switches
    body = with_custom_fields(resource, record) if switches.custom_fields else dict(record)
    if switches.owner_id != "mixed" and body.get("ownerId"):
        user = user_of(world.store, body["ownerId"])
        body["ownerId"] = body["ownerId"] if user is None else user[switches.owner_id]
    if switches.naive_timestamps:
        body.update({name: oslo_local(body[name]) for name in _TIMES if body.get(name)})
    return _with_numbers(body) if switches.ids_as_numbers else body


def _with_numbers(body: Record) -> Record:
    for name in ("id", "ownerId"):
        if name in body:
            body[name] = _number(body[name])
    for name in ("company", "contact"):
        if body.get(name) and "id" in body[name]:
            body[name] = {**body[name], "id": _number(body[name]["id"])}
    return body


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value
