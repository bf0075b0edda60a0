"""From an answer of the API to the tap's record.

The sibling target keeps the answers to its own writes through the same function, so what it wrote
reads back exactly as the tap reads it.
"""

from __future__ import annotations

import json
from typing import Any

from tap_crmoffice.contract import ID, REFERENCES, TIMESTAMPS, USER_NAME, USERS
from tap_crmoffice.instants import with_offset

__all__ = ["record_of"]


def record_of(resource: str, raw: dict[str, Any]) -> dict[str, Any]:
    """The record of an API answer: ids as strings, timestamps with an offset, the rest as it is.

    Args:
        resource: name of the resource, e.g. "companies".
        raw: JSON object as the API gave it; it is not changed.
    """
    record = dict(raw)
    if resource == USERS and record.get(ID) in (None, ""):
        record[ID] = record.get(USER_NAME)
    if ID in record:
        record[ID] = _id_text(record[ID])
    for path in REFERENCES[resource]:
        _turn_reference(record, path)
    for name in TIMESTAMPS[resource]:
        if isinstance(record.get(name), str):
            record[name] = with_offset(record[name])
    return _encodable(record)


def _turn_reference(record: dict[str, Any], path: tuple[str, ...]) -> None:
    if len(path) == 1:
        holder = record
    else:
        inner = record.get(path[0])
        if not isinstance(inner, dict):
            return
        holder = record[path[0]] = dict(inner)
    if path[-1] in holder:
        holder[path[-1]] = _id_text(holder[path[-1]])


def _id_text(value: Any) -> str | None:
    """An id as text; none, or an empty one, is None."""
    return None if value is None or value == "" else str(value)


def _encodable(record: dict[str, Any]) -> dict[str, Any]:
    """The record without halves of characters.

    A text that was cut inside an emoji holds half of a surrogate pair. No UTF-8 can carry it, and
    the one record would stop the whole stream.
    """
    text = json.dumps(record, ensure_ascii=False)
    if text.isascii():
        return record
    try:
        text.encode()
    except UnicodeEncodeError:
        cleaned: dict[str, Any] = json.loads(text.encode(errors="replace"))
        return cleaned
    return record
