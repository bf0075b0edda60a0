"""Inviting people, and what workspaces and boards show of their people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.trello import journal
from sandbox.trello.errors import TrelloError, invalid_value, not_found, unauthorized
from sandbox.trello.members import listed as listed_members
from sandbox.trello.members import profile
from sandbox.trello.memberships import (
    asked_role,
    filtered,
    join,
    leave,
    listed,
    set_deactivated,
    take_seat,
)
from sandbox.trello.object_ids import new_id
from sandbox.trello.people import free_username, member_record
from sandbox.trello.permissions import (
    find_board,
    find_member,
    find_organization,
    is_admin_of,
    role,
)
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@routes.add("PUT", "/organizations/{id}/members", "email", "fullName", "type")
def invite(call: Call) -> Record:
    """Invite a person by e-mail: a known one joins, an unknown one becomes a ghost."""
    workspace = find_organization(call, call.path["id"], admin=True)
    email = call.required("email").strip().lower()
    if _EMAIL.fullmatch(email) is None:
        raise invalid_value("email")
    held = asked_role(call)
    known = call.store.aliased("member", email)
    member = known[0] if known else _ghost(call, email)
    if role(call.store, "organization", workspace["id"], member["id"]) is None:
        take_seat(call.store, workspace["id"])
        call.store.put("member", member)
        sql = "INSERT INTO invitations VALUES (?, ?, ?)"
        call.store.write(sql, (email, workspace["id"], now_ms()))
        _join_workspace(call, workspace, member, held)
    if call.world.switches.invite_answer == "member":
        return profile(call, member)
    return _with_members(call, workspace)


@routes.add("PUT", "/organizations/{id}/members/{idMember}", "type")
def set_role(call: Call) -> Record:
    """Add a known member to a workspace, or change the role there."""
    workspace = find_organization(call, call.path["id"], admin=True)
    member = find_member(call, call.path["idMember"])
    held = asked_role(call)
    if role(call.store, "organization", workspace["id"], member["id"]) is None:
        take_seat(call.store, workspace["id"])
        _join_workspace(call, workspace, member, held)
    else:
        join(call.store, "organization", workspace["id"], member["id"], held)
    return _with_members(call, workspace)


@routes.add("DELETE", "/organizations/{id}/members/{idMember}")
def remove_member(call: Call) -> Record:
    """Remove a member from a workspace; no feed tells of it."""
    _remove(call)
    return {"_value": None}


@routes.add("DELETE", "/organizations/{id}/members/{idMember}/all")
def remove_member_from_boards(call: Call) -> Record:
    """Remove a member from a workspace and from its boards."""
    workspace, member = _remove(call)
    for board in call.store.children("board", workspace["id"]):
        leave(call.store, "board", board["id"], member["id"])
    return {"_value": None}


@routes.add("PUT", "/organizations/{id}/members/{idMember}/deactivated", "value")
def deactivate(call: Call) -> Record:
    """Deactivate a member of a workspace, who keeps the memberships, or end that."""
    workspace = find_organization(call, call.path["id"], admin=True)
    member = find_member(call, call.path["idMember"])
    if role(call.store, "organization", workspace["id"], member["id"]) is None:
        raise not_found()
    off = call.flag("value", default=True)
    set_deactivated(call.store, workspace["id"], member["id"], off=off)
    return _with_members(call, workspace)


@routes.add("GET", "/organizations/{id}/members", "fields")
def workspace_members(call: Call) -> list[Record]:
    """Show the members of a workspace, in few fields unless more are asked for."""
    return listed_members(call, "organization", find_organization(call, call.path["id"])["id"])


@routes.add("GET", "/organizations/{id}/memberships", "filter", "member", "member_fields")
def workspace_memberships(call: Call) -> list[Record]:
    """Show the roles of a workspace's members."""
    return _memberships(call, "organization", find_organization(call, call.path["id"])["id"])


@routes.add("GET", "/boards/{id}/members", "fields")
def board_members(call: Call) -> list[Record]:
    """Show the members of a board, in few fields unless more are asked for."""
    return listed_members(call, "board", find_board(call, call.path["id"])["id"])


@routes.add("GET", "/boards/{id}/memberships", "filter", "member", "member_fields")
def board_memberships(call: Call) -> list[Record]:
    """Show the roles of a board's members."""
    return _memberships(call, "board", find_board(call, call.path["id"])["id"])


@routes.add("PUT", "/boards/{id}/members/{idMember}", "type")
def join_board(call: Call) -> Record:
    """Add a known member to a board, or change the role there."""
    board = find_board(call, call.path["id"], write=True)
    member = find_member(call, call.path["idMember"])
    held = asked_role(call)
    known = role(call.store, "board", board["id"], member["id"])
    if known is not None and known != held and not is_admin_of(call, board):
        raise unauthorized("board")
    join(call.store, "board", board["id"], member["id"], held)
    if known is None:
        data = {**journal.place(board=board), "idMember": member["id"]}
        journal.record(call.store, "addMemberToBoard", call.caller, data)
        journal.touch(call.store, None, board)
    return {
        "id": board["id"],
        "members": listed_members(call, "board", board["id"]),
        "memberships": listed(call.store, "board", board["id"]),
    }


@routes.add("DELETE", "/boards/{id}/members/{idMember}")
def leave_board(call: Call) -> Record:
    """Remove a member from a board; no feed tells of it."""
    board = find_board(call, call.path["id"], write=True)
    member = find_member(call, call.path["idMember"])
    if member["id"] != call.caller and not is_admin_of(call, board):
        raise unauthorized("board")
    if not leave(call.store, "board", board["id"], member["id"]):
        raise not_found()
    _touch(call, board)
    return {"_value": None}


def _remove(call: Call) -> tuple[Record, Record]:
    """End a membership of a workspace; anybody may end the own one. Return both."""
    workspace = find_organization(call, call.path["id"])
    member = find_member(call, call.path["idMember"])
    if member["id"] != call.caller:
        find_organization(call, workspace["id"], admin=True)
    if not leave(call.store, "organization", workspace["id"], member["id"]):
        raise not_found()
    set_deactivated(call.store, workspace["id"], member["id"], off=False)
    for board in call.store.children("board", workspace["id"]):
        if role(call.store, "board", board["id"], member["id"]) is not None:
            _touch(call, board)
    return workspace, member


def _touch(call: Call, board: Record) -> None:
    if call.world.switches.member_removal_touches_board:
        journal.touch(call.store, None, board)


def _ghost(call: Call, email: str) -> Record:
    full_name = call.text("fullName").strip() or email.partition("@")[0]
    if not full_name:
        raise TrelloError(400, "invalid value for fullName")
    username = free_username(call.store, full_name)
    return member_record(new_id(now_ms()), username, full_name, email, ghost=True)


def _join_workspace(call: Call, workspace: Record, member: Record, held: str) -> None:
    join(call.store, "organization", workspace["id"], member["id"], held)
    data = {**journal.place(organization=workspace), "idMember": member["id"]}
    journal.record(call.store, "addMemberToOrganization", call.caller, data)


def _with_members(call: Call, workspace: Record) -> Record:
    return {
        "id": workspace["id"],
        "members": [
            {**each, "memberType": (call.store.get("member", each["id"]) or each)["memberType"]}
            for each in listed_members(call, "organization", workspace["id"])
        ],
        "memberships": listed(call.store, "organization", workspace["id"]),
    }


def _memberships(call: Call, kind: str, owner: str) -> list[Record]:
    found = filtered(call, listed(call.store, kind, owner))
    if call.flag("member", default=False):
        for each in found:
            member = call.store.get("member", each["idMember"])
            if member is not None:
                default = ("id", "fullName", "username")
                each["member"] = call.chosen(profile(call, member), default, "member_fields")
    return found
