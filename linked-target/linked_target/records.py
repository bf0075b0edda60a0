"""Records as nested JSON objects: properties by name, hashes, and three-way patches."""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import msgspec

__all__ = [
    "Record",
    "decoded",
    "encoded",
    "patched",
    "property_of",
    "record_hash",
    "with_property",
    "with_stated_values",
]

Record: TypeAlias = dict[str, Any]
MISSING: Any = object()
UNSTATED = "unstated"
"""Property in which a source lists dotted paths whose values nobody stated (see below)."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder()


def encoded(value: Any) -> bytes:
    """JSON of a value with sorted keys: equal values give equal bytes."""
    return _encoder.encode(value)


def decoded(data: bytes | str) -> Any:
    """The value of a JSON text."""
    return _decoder.decode(data)


def record_hash(record: Record) -> bytes:
    """A hash of 16 bytes that is equal for equal records, whatever the order of their keys."""
    return hashlib.blake2b(encoded(record), digest_size=16).digest()


def property_of(record: Record, name: str, default: Any = None) -> Any:
    """The value of a property; `__` or `.` in its name leads into nested objects.

    A key that bears the whole name wins over nesting. `default` if there is none.
    """
    if name in record:
        return record[name]
    separator = "__" if "__" in name else "."
    value: Any = record
    for key in name.split(separator):
        if not isinstance(value, dict) or key not in value:
            return default
        value = value[key]
    return value


def with_property(record: Record, name: str, value: Any) -> Record:
    """A copy of the record in which the (nested) property has this value."""
    if name in record:
        return {**record, name: value}
    head, separator, rest = name.partition("__" if "__" in name else ".")
    if not separator:
        return {**record, name: value}
    inner = record.get(head)
    return {**record, head: with_property(inner if isinstance(inner, dict) else {}, rest, value)}


def with_stated_values(record: Record, baseline: Record) -> Record:
    """The record with the baseline's values where nobody stated any.

    A source may list in `unstated` the paths whose values a server supplied without anybody
    saying so, e.g. the time at which a comment was posted, in place of a start that its footer
    would state. Such values count when a record is new, but are never an edit.
    """
    for path in record.get(UNSTATED) or ():
        earlier = property_of(baseline, path, MISSING)
        if earlier is not MISSING:
            record = with_property(record, path, earlier)
    return record


def patched(base: Any, before: Any, after: Any) -> Any:
    """`base` with the changes that lead from `before` to `after`, object by object.

    It keeps what differs between `base` and `before`: an edit that the other direction has not
    seen yet must stay an edit.
    """
    if not (isinstance(base, dict) and isinstance(before, dict) and isinstance(after, dict)):
        return base if before == after else after
    result = dict(base)
    for key in before.keys() | after.keys():
        if before.get(key, MISSING) == after.get(key, MISSING):
            continue
        if key not in after:
            result.pop(key, None)
        elif key in before:
            result[key] = patched(base.get(key), before[key], after[key])
        else:
            result[key] = after[key]
    return result
