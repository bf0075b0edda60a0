"""JSON schemas of the streams; properties that they don't name pass through untouched."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_crmoffice.contract import ACTIVITIES, COMPANIES, CONTACTS, USERS

__all__ = ["SCHEMAS"]


def _text(name: str, description: str | None = None) -> th.Property[str]:
    return th.Property(name, th.StringType, description=description)


def _time(name: str, description: str) -> th.Property[str]:
    return th.Property(name, th.DateTimeType, description=description)


def _address(name: str, *parts: str) -> th.Property[Any]:
    return th.Property(name, th.ObjectType(*map(_text, parts), additional_properties=True))


def _reference(name: str) -> th.Property[Any]:
    return th.Property(
        name, th.ObjectType(_text("id", f"id of the {name}"), additional_properties=True)
    )


def _record(*properties: th.Property[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = th.PropertiesList(*properties, additional_properties=True).to_dict()
    return schema


KEY = th.Property("id", th.StringType, required=True, description="id, always as text")
STAMPS = (
    _time("createdAt", "set by CRMOffice at creation"),
    _time("updatedAt", "set by CRMOffice at each change; the replication key"),
)
POSTAL = ("streetAddress", "postCode", "postalArea", "country")

SCHEMAS: dict[str, dict[str, Any]] = {
    COMPANIES: _record(
        KEY,
        _text("name"),
        _text("orgNr", "Norwegian organisation number, nine digits"),
        _text("website"),
        _text("phone"),
        _text("email"),
        _address("postAddress", *POSTAL),
        _address("visitAddress", *POSTAL),
        *STAMPS,
    ),
    USERS: _record(
        KEY,
        _text("userName", "sign-in name; stands in for the id where there is none"),
        _text("fullName"),
        _text("email"),
    ),
    CONTACTS: _record(
        KEY,
        _text("givenName"),
        _text("familyName"),
        _text("title"),
        _text("email"),
        _text("directPhone"),
        _text("mobilePhone"),
        _reference("company"),
        *STAMPS,
    ),
    ACTIVITIES: _record(
        KEY,
        _text("subject"),
        _text("description"),
        _text("status"),
        _text("ownerId", "a user's id or userName"),
        _time("startsAt", "start, with an offset"),
        _time("endsAt", "end, with an offset"),
        _address("address", "country", "postalArea"),
        _reference("company"),
        _reference("contact"),
        *STAMPS,
    ),
}
