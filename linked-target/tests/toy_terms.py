"""What the two toy systems have in common: sides, kinds of records and properties."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from linked_target import property_of

if TYPE_CHECKING:
    from linked_target import Record

SIDES = ("crmoffice", "trello")
STREAMS = {
    "company": {"crmoffice": "companies", "trello": "organizations"},
    "activity": {"crmoffice": "activities", "trello": "actions"},
}
"""By kind of record, the stream of each side; parents first."""
PREFIXES = {
    "company": {"crmoffice": "c", "trello": "o"},
    "activity": {"crmoffice": "a", "trello": "n"},
}
"""What the ids of records begin with that a target made."""
NAMES: dict[str, dict[str, dict[str, str]]] = {
    "company": {
        "name": {"crmoffice": "name", "trello": "displayName"},
        "website": {"crmoffice": "website", "trello": "website"},
    },
    "activity": {
        "text": {"crmoffice": "subject", "trello": "text"},
        "date": {"crmoffice": "startsAt", "trello": "date"},
        "company": {"crmoffice": "company__id", "trello": "board"},
    },
}
"""By kind and property, what it is called on each side."""
KIND_OF = {(side, name): kind for kind, at in STREAMS.items() for side, name in at.items()}

Values = dict[str, Any]
"""What a record says, by the properties' common names."""
Item = tuple[str, str]
"""Kind and id of a record."""
Key = tuple[str, str, str]
"""Side, kind and id of a record."""


def other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def values_of(side: str, kind: str, record: Record) -> Values:
    return {name: property_of(record, at[side]) for name, at in NAMES[kind].items()}


def is_empty(value: Any) -> bool:
    return value is None or not str(value).strip()


def same(one: Any, two: Any) -> bool:
    """Whether two values mean the same."""
    if is_empty(one) or is_empty(two):
        return is_empty(one) and is_empty(two)
    return _meant(str(one)) == _meant(str(two))


def all_same(one: Values, two: Values) -> bool:
    return all(same(one.get(name), two.get(name)) for name in one.keys() | two.keys())


def _meant(value: str) -> Any:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError:
        return value.strip()
