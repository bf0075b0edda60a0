"""What both systems and the link store say, without ids and times that a server made up.

Two states with equal normal forms are the same to everybody who works with them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from linked_target.store import tables
from linked_target.store.database import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.office import Office

Json = Any
Names = dict[tuple[str, str], str]
"""What a person calls a record, by stream and id."""

SERVER_MADE = frozenset({"id", "createdAt", "updatedAt"})
RECORD_LINE = re.compile(r"(CRMOffice activity: )(\d+)")


def normal_form(office: Office) -> dict[str, list[Json]]:
    """Everything in both systems, and what the link store says of it."""
    crm = {
        "companies": office.companies(),
        "contacts": office.contacts(),
        "activities": office.activities(),
        "users": office.crm("GET", "/users"),
    }
    trello = {
        "organizations": office.workspaces(),
        "members": office.people(),
        "actions": office.comments(),
    }
    names = _names(crm | trello)
    return {
        **_crmoffice(crm, names),
        **_trello(office, trello, names),
        **_link_store(office, names),
    }


def differences(expected: dict[str, list[Json]], actual: dict[str, list[Json]]) -> list[str]:
    """What is missing and what is too much in a normal form, a line each."""
    lines = []
    for part in expected.keys() | actual.keys():
        missing, too_much = (list(form.get(part, [])) for form in (expected, actual))
        for value in list(missing):
            if value in too_much:
                missing.remove(value)
                too_much.remove(value)
        lines += [f"{part}: missing {value}" for value in missing]
        lines += [f"{part}: too much {value}" for value in too_much]
    return sorted(lines)


def _names(streams: Mapping[str, Iterable[Json]]) -> Names:
    """The name of each record; comments and activities bear their text."""
    return {
        (stream, str(record["id"])): _name(stream, record)
        for stream, records in streams.items()
        for record in records
    }


def _name(stream: str, record: Json) -> str:
    if stream == "contacts":
        parts = [record.get(part) or "" for part in ("givenName", "familyName", "email")]
        return " ".join(parts).strip()
    if stream == "actions":
        return str(record["data"]["text"].partition("\n")[0])
    named_by = {
        "companies": "name",
        "activities": "subject",
        "users": "userName",
        "organizations": "displayName",
        "members": "username",
    }
    return str(record[named_by[stream]])


def _crmoffice(crm: Mapping[str, Iterable[Json]], names: Names) -> dict[str, list[Json]]:
    users = {name: name for (stream, _), name in names.items() if stream == "users"}
    users |= {key: name for (stream, key), name in names.items() if stream == "users"}

    def plain(record: Json) -> Json:
        known = {name: value for name, value in record.items() if name not in SERVER_MADE}
        if "ownerId" in known:
            known["ownerId"] = users.get(str(known["ownerId"]), known["ownerId"])
        if known.get("company"):
            known["company"] = names.get(("companies", str(known["company"]["id"])))
        return known

    return {stream: _sorted(map(plain, records)) for stream, records in crm.items()}


def _trello(
    office: Office, trello: Mapping[str, Iterable[Json]], names: Names
) -> dict[str, list[Json]]:
    def comment(action: Json) -> Json:
        text = RECORD_LINE.sub(
            lambda found: found[1] + names.get(("activities", found[2]), f"missing {found[2]}"),
            action["data"]["text"],
        )
        author = names.get(("members", action["idMemberCreator"]), action["idMemberCreator"])
        return {"text": text, "author": author, "card": action["data"]["card"]["name"]}

    shown = ("name", "displayName", "desc", "website")
    return {
        "workspaces": _sorted(
            {
                **{name: each[name] for name in shown},
                "members": _members(office, f"/organizations/{each['id']}"),
            }
            for each in trello["organizations"]
        ),
        "people": _sorted(
            {name: each.get(name) for name in ("username", "fullName", "memberType")}
            for each in trello["members"]
        ),
        "boards": _boards(office),
        "comments": _sorted(map(comment, trello["actions"])),
    }


def _boards(office: Office) -> list[Json]:
    return _sorted(
        {
            "name": board["name"],
            "members": _members(office, f"/boards/{board['id']}"),
            "lists": _sorted(
                each["name"] for each in office.trello("GET", f"/boards/{board['id']}/lists")
            ),
            "cards": _sorted(
                each["name"] for each in office.trello("GET", f"/boards/{board['id']}/cards")
            ),
        }
        for board in office.trello("GET", "/members/me/boards")
    )


def _members(office: Office, of: str) -> list[Json]:
    found = office.trello("GET", f"{of}/memberships", member="true", member_fields="username")
    return _sorted(f"{each['member']['username']} ({each['memberType']})" for each in found)


def _link_store(office: Office, names: Names) -> dict[str, list[Json]]:
    def name(stream: str, record_id: str | None) -> str | None:
        if record_id is None:
            return None
        return names.get((stream, record_id), f"missing {record_id}")

    columns = tables.links.c
    engine = open_store(office.links_url)
    with engine.connect() as connection:
        links = connection.execute(sa.select(tables.links)).all()
        opened = connection.execute(
            sa.select(tables.open_properties, columns.a_stream, columns.a_id).join(tables.links)
        ).all()
        queued = connection.execute(sa.select(tables.queue)).all()
    engine.dispose()
    return {
        "links": _sorted(
            [name(row.a_stream, row.a_id), name(row.b_stream, row.b_id), row.b_stream, row.state]
            for row in links
        ),
        "open": _sorted(
            [row.a_stream, name(row.a_stream, row.a_id), row.toward, row.name, row.kind]
            for row in opened
        ),
        "queue": _sorted(
            [row.source, row.source_stream, name(row.source_stream, row.source_id), row.status]
            for row in queued
        ),
    }


def _sorted(values: Iterable[Json]) -> list[Json]:
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))
