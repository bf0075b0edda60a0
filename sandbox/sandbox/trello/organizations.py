"""Organizations, which Trello's pages call workspaces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.clock import iso, now_ms
from sandbox.trello import journal
from sandbox.trello.boards import shown
from sandbox.trello.errors import invalid_value
from sandbox.trello.memberships import join
from sandbox.trello.object_ids import new_id, second_of
from sandbox.trello.people import plain
from sandbox.trello.permissions import find_organization
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record, Store
    from sandbox.trello.routing import Call

routes = Routes()

# Narrower than any live answer seen, so that a client which relies on it shows up.
ORGANIZATION_DEFAULT = ("id", "name", "displayName", "desc", "url", "logoHash", "products")
_LONGEST = 16_384
_SHORTEST_NAME = 3
_PARAMS = ("displayName", "desc", "name", "website")


@routes.add("GET", "/organizations/{id}", "fields")
def show_organization(call: Call) -> Record:
    """Show a workspace, in few fields unless more are asked for."""
    found = find_organization(call, call.path["id"])
    return call.chosen(whole(call.store, found), ORGANIZATION_DEFAULT)


@routes.add("POST", "/organizations", *_PARAMS)
def create_organization(call: Call) -> Record:
    """Create a workspace; the caller administers it."""
    moment = now_ms()
    display_name = call.required("displayName").strip()
    record = organization_record(new_id(moment), "", display_name)
    record["desc"] = _desc(call)
    record["website"] = _website(call)
    record["name"] = _short_name(call, record)
    _put(call, record)
    join(call.store, "organization", record["id"], call.caller, "admin")
    data = journal.place(organization=record)
    journal.record(call.store, "createOrganization", call.caller, data, at=moment)
    return whole(call.store, record)


@routes.add("PUT", "/organizations/{id}", *_PARAMS)
def change_organization(call: Call) -> Record:
    """Change a workspace that the caller administers."""
    record = find_organization(call, call.path["id"], admin=True)
    before = dict(record)
    if call.has("displayName"):
        record["displayName"] = call.required("displayName").strip()
    if call.has("desc"):
        record["desc"] = _desc(call)
    if call.has("website"):
        record["website"] = _website(call)
    if call.has("name"):
        record["name"] = _short_name(call, record)
    old = {name: before[name] for name in _PARAMS if record[name] != before[name]}
    if old:
        _put(call, record)
        data = {**journal.place(organization=record), "old": old}
        journal.record(call.store, "updateOrganization", call.caller, data)
    return whole(call.store, record)


@routes.add("DELETE", "/organizations/{id}")
def delete_organization(call: Call) -> Record:
    """Delete a workspace; its boards stay with nobody's workspace."""
    record = find_organization(call, call.path["id"], admin=True)
    for board in call.store.children("board", record["id"]):
        call.store.put("board", {**board, "idOrganization": None})
    call.store.delete("organization", record["id"])
    sql = "DELETE FROM memberships WHERE kind = 'organization' AND owner = ?"
    call.store.write(sql, (record["id"],))
    call.store.write("DELETE FROM deactivations WHERE organization = ?", (record["id"],))
    return {"_value": None}


@routes.add("GET", "/organizations/{id}/boards", "filter", "fields")
def organization_boards(call: Call) -> list[Record]:
    """Show the boards of a workspace."""
    found = find_organization(call, call.path["id"])
    return shown(call, call.store.children("board", found["id"]), "all")


def organization_record(record_id: str, name: str, display_name: str) -> Record:
    """Return a whole workspace."""
    return {
        "id": record_id,
        "name": name,
        "displayName": display_name,
        "desc": "",
        "descData": None,
        "website": None,
        "url": f"https://trello.com/w/{name}",
        "logoHash": None,
        "logoUrl": None,
        "products": [],
        "powerUps": [],
        "premiumFeatures": [],
        "offering": "trello.free",
        "idEnterprise": None,
        "idMemberCreator": None,
        "teamType": None,
        "ixUpdate": "1",
        "limits": {},
        "prefs": {"permissionLevel": "private", "orgInviteRestrict": []},
        "dateLastActivity": iso(second_of(record_id)),
    }


def whole(store: Store, record: Record) -> Record:
    """Return a workspace with its boards and memberships, as ``fields=all`` shows it."""
    boards = [board["id"] for board in store.children("board", record["id"])]
    sql = "SELECT count(*) FROM memberships WHERE kind = 'organization' AND owner = ?"
    return {**record, "idBoards": boards, "membersCount": store.value(sql, (record["id"],))}


def _put(call: Call, record: Record) -> None:
    record["url"] = f"https://trello.com/w/{record['name']}"
    call.store.put("organization", record)


def _short_name(call: Call, record: Record) -> str:
    """Return the short name that Trello would give: stripped, and never a taken one."""
    if call.has("name"):
        stem = re.sub(r"[^a-z0-9_]", "", call.text("name").lower())
        if len(stem) < _SHORTEST_NAME:
            raise invalid_value("name")
    else:
        stem = plain(record["displayName"]) or "workspace"
    name, number = stem, 0
    while len(name) < _SHORTEST_NAME or _taken(call.store, name, record["id"]):
        number += 1
        name = f"{stem}{number:02d}"
    return name


def _taken(store: Store, name: str, record_id: str) -> bool:
    holder = store.named("organization", name)
    return holder is not None and holder["id"] != record_id


def _desc(call: Call) -> str:
    desc = call.text("desc")
    if len(desc) > _LONGEST:
        raise invalid_value("desc")
    return desc


def _website(call: Call) -> str | None:
    website = call.optional("website")
    if website is None:
        return None
    if not re.fullmatch(r"https?://[^\s/]\S*", website):
        raise invalid_value("website")
    return website
