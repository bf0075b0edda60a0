"""Which records CRMOffice accepts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.store import Record, Store

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_ELEVEN = 11
_NO_DIGIT = 10
_NESTED = ("company", "contact", "address", "postAddress", "visitAddress")
_TEXTS = {
    "companies": ("name", "orgNr", "website", "phone", "email"),
    "contacts": ("givenName", "familyName", "email", "title", "directPhone", "mobilePhone"),
    "activities": ("subject", "description", "status", "startsAt", "endsAt"),
}

Finding = tuple[str, str]


def check_digit(digits: str) -> str | None:
    """Return the ninth digit of an organisation number; None where none is valid."""
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    digit = -rest % _ELEVEN
    return None if digit == _NO_DIGIT else str(digit)


def is_organisation_number(text: str) -> bool:
    """Say whether nine digits end in their check digit (modulo 11)."""
    return re.fullmatch(r"[0-9]{9}", text) is not None and check_digit(text[:8]) == text[8]


def findings(store: Store, resource: str, record: Record) -> dict[str, list[str]]:
    """Return what is wrong with a whole record, by property; nothing when it is right."""
    errors: dict[str, list[str]] = {}
    for name, message in _check(store, resource, record):
        errors.setdefault(name, []).append(message)
    return errors


def normalised(record: Record) -> Record:
    """Return a right record with its times in UTC and its references as texts."""
    changed = dict(record)
    for name in ("startsAt", "endsAt"):
        if changed.get(name):
            changed[name] = clock.iso(clock.parse(changed[name]))
    for name in ("company", "contact"):
        reference = changed.get(name)
        if reference and reference.get("id") is not None:
            changed[name] = {**reference, "id": str(reference["id"])}
    if changed.get("ownerId") is not None:
        changed["ownerId"] = str(changed["ownerId"])
    return changed


def user_of(store: Store, owner: str) -> Record | None:
    """Return the user whose id or user name this is."""
    return store.get("users", owner) or (store.named("users", owner) if owner else None)


def _check(store: Store, resource: str, record: Record) -> Iterator[Finding]:
    wrong = [*_wrong_types(resource, record)]
    yield from wrong
    if wrong:
        return
    yield from _missing(resource, record)
    yield from _malformed(record)
    yield from _dangling(store, record)


def _wrong_types(resource: str, record: Record) -> Iterator[Finding]:
    for name in _TEXTS[resource]:
        if not isinstance(record.get(name), str | None):
            yield name, "Must be a string."
    for name in _NESTED:
        if not isinstance(record.get(name), dict | None):
            yield name, "Must be an object."


def _missing(resource: str, record: Record) -> Iterator[Finding]:
    if resource == "companies" and not _filled(record.get("name")):
        yield "name", "Is required."
    if resource == "activities" and not _filled(record.get("subject")):
        yield "subject", "Is required."
    if resource == "contacts" and not (
        _filled(record.get("givenName")) or _filled(record.get("familyName"))
    ):
        yield "givenName", "Either givenName or familyName is required."


def _malformed(record: Record) -> Iterator[Finding]:
    number, email = record.get("orgNr"), record.get("email")
    if number and not is_organisation_number(number):
        yield "orgNr", "Is no Norwegian organisation number."
    if email and _EMAIL.fullmatch(email) is None:
        yield "email", "Is no e-mail address."
    for name in ("startsAt", "endsAt"):
        value = record.get(name)
        if value is not None and not _is_time(value):
            yield name, "Is no ISO 8601 time."


def _dangling(store: Store, record: Record) -> Iterator[Finding]:
    for name, resource in (("company", "companies"), ("contact", "contacts")):
        reference = (record.get(name) or {}).get("id")
        if reference is not None and store.get(resource, str(reference)) is None:
            yield f"{name}.id", f"There is no such record in {resource}."
    owner = record.get("ownerId")
    if owner is not None and user_of(store, str(owner)) is None:
        yield "ownerId", "There is no such user."


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_time(text: str) -> bool:
    try:
        clock.parse(text)
    except ValueError:
        return False
    return True
