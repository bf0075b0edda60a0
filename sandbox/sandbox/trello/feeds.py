"""Feeds of actions: newest first, cut into pages by date."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING, Any

from sandbox import clock
from sandbox.trello.errors import invalid_value, not_found
from sandbox.trello.journal import get
from sandbox.trello.object_ids import is_id, second_of
from sandbox.trello.permissions import (
    find_board,
    find_card,
    find_list,
    find_member,
    find_organization,
)
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

SHOWN = (
    "fields",
    "member",
    "member_fields",
    "memberCreator",
    "memberCreator_fields",
)
FEED = ("filter", "limit", "page", "since", "before", *SHOWN)
CARD_DEFAULT = "commentCard,updateCard:idList"
AUTHOR_FIELDS = (
    "id",
    "username",
    "activityBlocked",
    "avatarHash",
    "avatarUrl",
    "fullName",
    "idMemberReferrer",
    "initials",
    "nonPublic",
    "nonPublicAvailable",
)
_MOST = 1000


@routes.add("GET", "/boards/{boardId}/actions", *FEED)
def board_feed(call: Call) -> list[Record]:
    """Show what happened on a board."""
    return _feed(call, "board", find_board(call, call.path["boardId"])["id"])


@routes.add("GET", "/cards/{id}/actions", *FEED)
def card_feed(call: Call) -> list[Record]:
    """Show a card's comments and moves, or what the filter names."""
    return _feed(call, "card", find_card(call, call.path["id"])["id"], CARD_DEFAULT)


@routes.add("GET", "/lists/{id}/actions", *FEED)
def list_feed(call: Call) -> list[Record]:
    """Show what happened in a list."""
    return _feed(call, "list", find_list(call, call.path["id"])["id"])


@routes.add("GET", "/organizations/{id}/actions", *FEED)
def organization_feed(call: Call) -> list[Record]:
    """Show what happened in a workspace and on its boards."""
    return _feed(call, "organization", find_organization(call, call.path["id"])["id"])


@routes.add("GET", "/members/{id}/actions", *FEED)
def member_feed(call: Call) -> list[Record]:
    """Show what a member did, as far as the caller may see it."""
    return _feed(call, "creator", find_member(call, call.path["id"])["id"])


@routes.add("GET", "/actions/{id}", *SHOWN)
def show_action(call: Call) -> Record:
    """Show one action."""
    return shown(call, [visible(call, call.path["id"])])[0]


def visible(call: Call, action_id: str) -> Record:
    """Return an action that the caller may see."""
    action = get(call.store, action_id)
    if action is None:
        raise not_found()
    data = action["data"]
    if "board" in data:
        find_board(call, data["board"]["id"], asked="action")
    elif "organization" in data:
        find_organization(call, data["organization"]["id"])
    return action


def shown(call: Call, actions: list[Record]) -> list[Record]:
    """Return actions as they are answered: with their people, in the fields asked for."""
    people = _People(call)
    with_creator = call.flag("memberCreator", default=True)
    with_member = call.flag("member", default=True)
    plain = not call.has("fields") or call.text("fields") == "all"
    answer = []
    for action in actions:
        body = action if plain else call.chosen(action, None)
        if with_creator:
            body["memberCreator"] = people.find(action["idMemberCreator"], "memberCreator_fields")
        if with_member and "idMember" in action["data"]:
            body["member"] = people.find(action["data"]["idMember"], "member_fields")
        answer.append(body)
    return answer


class _People:
    """The members of a feed, each looked up once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._known: dict[tuple[str, str], Record | None] = {}

    def find(self, member_id: str, fields: str) -> Record | None:
        key = (member_id, fields)
        if key not in self._known:
            member = self._call.store.get("member", member_id)
            chosen = None if member is None else self._call.chosen(member, AUTHOR_FIELDS, fields)
            self._known[key] = None if chosen is None else {**chosen, **_hidden(chosen)}
        return self._known[key]


def _hidden(member: Record) -> Record:
    return {key: None for key in ("email", "loginTypes", "prefs") if key in member}


def _feed(call: Call, column: str, owner: str, default: str = "all") -> list[Record]:
    conditions, values = [f"{column} = ?"], [owner]
    _add_filter(call.text("filter") or default, conditions, values)
    _add_span(call, conditions, values)
    if column == "creator":
        _add_visibility(call, conditions, values)
    limit = call.number("limit", 50, 1, _MOST)
    offset = limit * call.number("page", 0, 0, _MOST)
    where = " AND ".join(conditions)
    sql = f"SELECT body FROM actions WHERE {where} ORDER BY at DESC, id DESC LIMIT ? OFFSET ?"  # noqa: S608 - built of constants
    return shown(call, call.store.bodies(sql, (*values, limit, offset)))


def _add_filter(text: str, conditions: list[str], values: list[Any]) -> None:
    if text == "all":
        return
    kinds = []
    for kind in text.split(","):
        name, _, changed = kind.partition(":")
        kinds.append("(type = ? AND json_type(body, ?) IS NOT NULL)" if changed else "type = ?")
        values.append(name)
        if changed:
            if not changed.isalnum():
                raise invalid_value("filter")
            values.append(f"$.data.old.{changed}")
    conditions.append("(" + " OR ".join(kinds) + ")")


def _add_span(call: Call, conditions: list[str], values: list[Any]) -> None:
    since, before = call.optional("since"), call.optional("before")
    if since is not None:
        conditions.append("at >= ?" if call.world.switches.since_inclusive else "at > ?")
        values.append(_moment("since", since))
    if before is not None:
        conditions.append("at < ?")
        values.append(_moment("before", before))


def _moment(name: str, text: str) -> int:
    """Read a date, or take the second of an id: Trello turns ids into their date."""
    if is_id(text):
        return second_of(text)
    try:
        return clock.parse(text, timezone.utc)
    except ValueError as error:
        raise invalid_value(name) from error


def _add_visibility(call: Call, conditions: list[str], values: list[Any]) -> None:
    conditions.append(
        "(board IS NULL OR board IN"
        " (SELECT owner FROM memberships WHERE kind = 'board' AND member = ?))",
    )
    values.append(call.caller)
