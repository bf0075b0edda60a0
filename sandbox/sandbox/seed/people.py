"""The members of the seed: colleagues, two contacts, others, and the integration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.seed import names
from sandbox.seed.crm import contact_name
from sandbox.seed.times import DAY, START, seed_id
from sandbox.trello.people import member_record, plain

if TYPE_CHECKING:
    from sandbox.store import Store

SYNC = "crmsync"
WITHOUT_MEMBER = 3
_CONTACTS = (0, 5)


@dataclass(frozen=True)
class Person:
    """A seeded member."""

    id: str
    username: str
    full_name: str
    email: str


def _people() -> list[tuple[str, str, str]]:
    """Return username, full name and e-mail of every member."""
    colleagues = [
        (plain(username), full_name, f"{plain(username)}@crm.example")
        for username, full_name in names.USERS[:-WITHOUT_MEMBER]
    ]
    contacts = [" ".join(contact_name(index)) for index in _CONTACTS]
    outside = [*contacts, "Quirin Trellosen", "Wenche Utenforli"]
    others = [(plain(name), name, f"{plain(name)}@trello.example") for name in outside]
    return [(SYNC, "CRM Sync", "crmsync@trello.example"), *colleagues, *others]


MEMBERS = {
    username: Person(seed_id(START - 30 * DAY + index * DAY, index), username, full_name, email)
    for index, (username, full_name, email) in enumerate(_people())
}
USERNAMES = tuple(MEMBERS)
COLLEAGUES = USERNAMES[1:8]
OTHERS = USERNAMES[8:]
WITH_TOKEN = COLLEAGUES[:3]


def plant_members(store: Store) -> None:
    """Write the members."""
    for person in MEMBERS.values():
        store.put(
            "member",
            member_record(person.id, person.username, person.full_name, person.email),
        )
