"""Properties that a tenant has added to its records: in the answers and in the document."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from sandbox import clock

if TYPE_CHECKING:
    from sandbox.store import Record

_FIRST_REVIEW = clock.parse("2026-01-01T08:00:00Z")
_DAY = 86_400_000  # milliseconds
_SEGMENTS = ("Fisk", "Energi", "Handel")
_CLASSIFICATION = "Classification"


def _maybe(schema: Record) -> Record:
    return {"anyOf": [schema, {"type": "null"}]}


_DOCUMENTED: dict[str, Record] = {
    "Company": {
        "segment": _maybe({"type": "string"}),
        "annualRevenue": _maybe({"type": "number", "format": "double"}),
        "employees": {"type": ["integer", "null"], "format": "int32"},
        "isPartner": {"type": "boolean"},
        "nextReviewAt": _maybe({"type": "string", "format": "date-time"}),
        "tags": {"type": "array", "items": {"type": "string"}},
        "classification": {"$ref": f"#/components/schemas/{_CLASSIFICATION}"},
    },
    "Address": {"municipality": {"type": "string", "nullable": True}},
    "Activity": {"priority": {"type": "integer"}},
    _CLASSIFICATION: {
        "code": {"type": "string"},
        "level": {"type": "integer"},
        "parent": {"$ref": f"#/components/schemas/{_CLASSIFICATION}"},
    },
}


def documented(document: Record) -> Record:
    """Return an OpenAPI document with the tenant's own properties in it."""
    changed = deepcopy(document)
    models = changed["components"]["schemas"]
    for name, properties in _DOCUMENTED.items():
        model = models.setdefault(name, {"title": name, "type": "object", "properties": {}})
        model["properties"].update(properties)
    return changed


def with_custom_fields(resource: str, record: Record) -> Record:
    """Return a record with the tenant's own properties; values that were written win."""
    number = int(record["id"])
    if resource == "companies":
        address = {"municipality": f"Kommune {number % 7}", **(record.get("postAddress") or {})}
        return {**_of_company(number), **record, "postAddress": address}
    return {"priority": number % 3, **record} if resource == "activities" else record


def _of_company(number: int) -> dict[str, Any]:
    return {
        "segment": _SEGMENTS[number % len(_SEGMENTS)],
        "annualRevenue": number * 1000.5,
        "employees": number % 50 or None,
        "isPartner": number % 2 == 0,
        "nextReviewAt": clock.iso(_FIRST_REVIEW + number * _DAY),
        "tags": ["kyst"] * (number % 3),
        "classification": {"code": f"K{number % 9}", "level": number % 4, "parent": None},
    }
