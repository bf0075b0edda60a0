"""Members: everybody sees the profile, only oneself sees the e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.trello.boards import shown
from sandbox.trello.errors import invalid_value, unauthorized
from sandbox.trello.organizations import ORGANIZATION_DEFAULT, whole
from sandbox.trello.people import initials_of
from sandbox.trello.permissions import find_member
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_LIST_DEFAULT = ("id", "fullName", "username")


@routes.add("GET", "/members/{id}", "fields")
def show_member(call: Call) -> Record:
    """Show a member; counts against the quota of its own for this route."""
    return call.chosen(profile(call, find_member(call, call.path["id"])), None)


@routes.add("PUT", "/members/{id}", "fullName", "initials", "username", "bio")
def change_member(call: Call) -> Record:
    """Change the caller's own profile; scope ``account``."""
    call.token.demand("account")
    member = find_member(call, call.path["id"])
    if member["id"] != call.caller:
        raise unauthorized("member")
    for name in ("fullName", "initials", "username"):
        if call.has(name):
            member[name] = call.required(name).strip()
    if call.has("bio"):
        member["bio"] = call.text("bio")
    if call.has("fullName") and not call.has("initials"):
        member["initials"] = initials_of(member["fullName"])
    namesake = call.store.named("member", member["username"])
    if namesake is not None and namesake["id"] != member["id"]:
        raise invalid_value("username")
    call.store.put("member", member)
    return profile(call, member)


@routes.add("GET", "/members/{id}/boards", "filter", "fields")
def member_boards(call: Call) -> list[Record]:
    """Show a member's boards with the moment of their last activity."""
    return shown(call, _joined(call, "board"), "all")


@routes.add("GET", "/members/{id}/organizations", "fields")
def member_organizations(call: Call) -> list[Record]:
    """Show a member's workspaces, in few fields unless more are asked for."""
    found = _joined(call, "organization")
    return [call.chosen(whole(call.store, each), ORGANIZATION_DEFAULT) for each in found]


def profile(call: Call, member: Record) -> Record:
    """Return a member as the caller may see it."""
    own = member["id"] == call.caller
    body = dict(member)
    for kind, name in (("organization", "idOrganizations"), ("board", "idBoards")):
        sql = "SELECT owner FROM memberships WHERE kind = ? AND member = ? ORDER BY owner"
        body[name] = [row[0] for row in call.store.rows(sql, (kind, member["id"]))]
    if not own:
        email = member["email"] if call.world.switches.emails_visible else None
        body.update(email=email, loginTypes=None, prefs=None)
    elif "account" not in call.token.scopes:
        body["email"] = None
    return body


def listed(call: Call, kind: str, owner: str) -> list[Record]:
    """Return the members of a board or workspace, in few fields unless more are asked for."""
    sql = (
        "SELECT records.body FROM memberships JOIN records"
        " ON records.kind = 'member' AND records.id = memberships.member"
        " WHERE memberships.kind = ? AND memberships.owner = ? ORDER BY memberships.id"
    )
    members = call.store.bodies(sql, (kind, owner))
    return [call.chosen(profile(call, member), _LIST_DEFAULT) for member in members]


def _joined(call: Call, kind: str) -> list[Record]:
    """Return the boards or workspaces of a member that the caller belongs to as well."""
    member = find_member(call, call.path["id"])
    sql = (
        "SELECT records.body FROM memberships theirs JOIN records"
        " ON records.kind = theirs.kind AND records.id = theirs.owner"
        " JOIN memberships mine ON mine.kind = theirs.kind AND mine.owner = theirs.owner"
        " WHERE theirs.kind = ? AND theirs.member = ? AND mine.member = ? ORDER BY records.id"
    )
    return call.store.bodies(sql, (kind, member["id"], call.caller))
