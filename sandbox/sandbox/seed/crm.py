"""The seed of CRMOffice: users, companies, contacts, activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import iso
from sandbox.crm.rules import check_digit
from sandbox.seed import names
from sandbox.seed.rhythm import falls
from sandbox.seed.times import DAY, HOUR, REFERENCE, SECOND, START
from sandbox.trello.people import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.store import Record, Store

COMPANY_COUNT = 25
CONTACT_COUNT = 80
ACTIVITY_COUNT = 200
WITHOUT_COMPANY = 3
_PER_COMPANY = 5


def plant_users(store: Store) -> None:
    """Write the users."""
    for index, (username, full_name) in enumerate(names.USERS):
        email = f"{_plain(username)}@crm.example"
        user = {"id": str(3001 + index), "userName": username}
        store.put("users", {**user, "fullName": full_name, "email": email})


def plant_records(store: Store) -> None:
    """Write the companies, contacts and activities."""
    for resource, records in (
        ("companies", companies()),
        ("contacts", contacts()),
        ("activities", activities()),
    ):
        for record in records:
            store.put(resource, record)


def companies() -> Iterator[Record]:
    """Return the companies; their numbers start with 1, which no real one does."""
    for index, name in enumerate(names.COMPANIES):
        post_code, area = names.AREAS[index % len(names.AREAS)]
        street = {"streetAddress": f"Sandkassegata {index + 1}", "postCode": post_code}
        address = {**street, "postalArea": area, "country": "Norge"}
        host = domain(name)
        yield {
            "id": str(1001 + index),
            "name": name,
            "orgNr": organisation_number(index),
            "website": None if falls(index, 6, 5) else f"https://www.{host}",
            "phone": None if falls(index, 7, 3) else f"+47 00 10 {index:02d} 00",
            "email": None if falls(index, 5, 4) else f"post@{host}",
            "postAddress": {**address, "streetAddress": f"Postboks {100 + index}"},
            "visitAddress": None if falls(index, 8, 7) else address,
            **_kept(START + index * 9 * DAY),
        }


def organisation_number(index: int) -> str:
    """Return the n-th made-up organisation number with a valid check digit."""
    valid = [
        f"{base}{digit}"
        for base in range(10_004_711, 10_004_711 + 37 * 40, 37)
        if (digit := check_digit(str(base))) is not None
    ]
    return valid[index]


def contacts() -> Iterator[Record]:
    """Return the contacts: at most five of a company, three of none."""
    for index in range(CONTACT_COUNT):
        given, family = contact_name(index)
        company = _company_of(index)
        host = "privat.example" if company is None else domain(names.COMPANIES[company])
        email = f"{_plain(given)}.{_plain(family)}@{host}"
        yield {
            "id": str(2001 + index),
            "givenName": given,
            "familyName": family,
            "email": None if falls(index, 16, 9) else email,
            "title": names.TITLES[index % len(names.TITLES)],
            "directPhone": None if falls(index, 3, 0) else f"+47 00 20 {index:02d} 00",
            "mobilePhone": None if falls(index, 4, 2) else f"+47 00 30 {index:02d} 00",
            "company": None if company is None else {"id": str(1001 + company)},
            **_kept(START + index * 7 * DAY + HOUR),
        }


def contact_name(index: int) -> tuple[str, str]:
    """Return the given and the family name of the n-th contact; no pair occurs twice."""
    return names.GIVEN[index % len(names.GIVEN)], names.FAMILY[index % len(names.FAMILY)]


def activities() -> Iterator[Record]:
    """Return the activities, over the two years before the reference date."""
    step = (REFERENCE - START) // ACTIVITY_COUNT
    for index in range(ACTIVITY_COUNT):
        starts = START + index * step // SECOND * SECOND
        contact = index * 7 % CONTACT_COUNT
        company = _company_of(contact)
        area = names.AREAS[index % len(names.AREAS)][1]
        subject = names.SUBJECTS[index % len(names.SUBJECTS)]
        yield {
            "id": str(4001 + index),
            "subject": f"{subject} nr. {index + 1}",
            "description": _description(index),
            "status": names.STATUSES[index % len(names.STATUSES)],
            "startsAt": iso(starts),
            "endsAt": None if falls(index, 9, 4) else iso(starts + HOUR),
            "ownerId": _owner(index),
            "company": None if company is None else {"id": str(1001 + company)},
            "contact": None if falls(index, 6, 5) else {"id": str(2001 + contact)},
            "address": None if falls(index, 10, 7) else {"country": "Norge", "postalArea": area},
            **_kept(starts - 2 * HOUR),
        }


def domain(company: str) -> str:
    """Return a company's made-up domain."""
    return f"{_plain(company.partition(' ')[0])}.example"


def _company_of(contact: int) -> int | None:
    if contact >= CONTACT_COUNT - WITHOUT_COMPANY:
        return None
    return contact // _PER_COMPANY if contact < _PER_COMPANY * 5 else contact % 20 + 5


def _description(index: int) -> str | None:
    if falls(index, 4, 1):
        return None
    if falls(index, 25, 12):
        return names.LONG_TEXT
    return f"Notat nr. {index + 1}: følges opp på vårparten."


def _owner(index: int) -> str | None:
    """Return mostly a user's id, sometimes the user name, now and then nobody."""
    if falls(index, 20, 13):
        return None
    user = index % len(names.USERS)
    return names.USERS[user][0] if falls(index, 10, 6) else str(3001 + user)


def _kept(at: int) -> Record:
    return {"createdAt": iso(at), "updatedAt": iso(at)}


def _plain(text: str) -> str:
    return ".".join(plain(part) for part in text.split("."))
