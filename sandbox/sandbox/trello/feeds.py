"""Feeds of actions: newest first, cut into pages by date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox import clock
from sandbox.store import encode
from sandbox.trello.displays import FURTHER
from sandbox.trello.errors import TrelloError, invalid_value, not_found
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
from sandbox.trello.splicing import cut, spliced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

SHOWN = (
    "fields",
    "member",
    "member_fields",
    "memberCreator",
    "memberCreator_fields",
    *FURTHER,
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
_MOST_KINDS = 100
_VISIBLE = (
    "(board IS NULL OR board IN"
    " (SELECT owner FROM memberships WHERE kind = 'board' AND member = :caller))"
)


@dataclass(frozen=True)
class _Owner:
    """Whose feed it is: a condition, and the id in it."""

    condition: str
    id: str


@routes.add("GET", "/boards/{boardId}/actions", *FEED)
def board_feed(call: Call) -> list[msgspec.Raw]:
    """Show what happened on a board."""
    found = find_board(call, call.path["boardId"])
    return _feed(call, _Owner("board = :owner", found["id"]))


@routes.add("GET", "/cards/{id}/actions", *FEED)
def card_feed(call: Call) -> list[msgspec.Raw]:
    """Show a card's comments and moves, or what the filter names."""
    found = find_card(call, call.path["id"])
    return _feed(call, _Owner("card = :owner", found["id"]), CARD_DEFAULT)


@routes.add("GET", "/lists/{id}/actions", *FEED)
def list_feed(call: Call) -> list[msgspec.Raw]:
    """Show what happened in a list."""
    found = find_list(call, call.path["id"])
    return _feed(call, _Owner("list = :owner", found["id"]))


@routes.add("GET", "/organizations/{id}/actions", *FEED)
def organization_feed(call: Call) -> list[msgspec.Raw]:
    """Show what happened in a workspace; by a switch not what happened on its boards."""
    found = find_organization(call, call.path["id"])
    of_boards = call.world.switches.organization_feed_has_boards
    condition = "organization = :owner" if of_boards else "organization = :owner AND board IS NULL"
    return _feed(call, _Owner(condition, found["id"]))


@routes.add("GET", "/members/{id}/actions", *FEED)
def member_feed(call: Call) -> list[msgspec.Raw]:
    """Show what a member did, as far as the caller may see it."""
    found = find_member(call, call.path["id"])
    return _feed(call, _Owner(f"creator = :owner AND {_VISIBLE}", found["id"]))


@routes.add("GET", "/actions/{id}", *SHOWN)
def show_action(call: Call) -> msgspec.Raw:
    """Show one action."""
    return shown(call, visible(call, call.path["id"]))


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


def shown(call: Call, action: Record) -> msgspec.Raw:
    """Return one action as it is answered: with its people, in the fields asked for."""
    return _all_shown(call, [(action["idMemberCreator"], encode(action))])[0]


def _all_shown(call: Call, actions: Sequence[tuple[str, str]]) -> list[msgspec.Raw]:
    """Return actions, given by creator and JSON; most go out as they are kept."""
    people = _People(call)
    with_creator = call.flag("memberCreator", default=True)
    with_member = call.flag("member", default=True)
    further = [name for name in FURTHER if call.flag(name, default=False)]
    names = call.names(None)
    answer = []
    for creator, text in actions:
        added: list[tuple[str, bytes | None]] = []
        if with_creator:
            added.append(("memberCreator", people.json(creator, "memberCreator_fields")))
        if with_member and '"idMember":' in text:
            member = msgspec.json.decode(text)["data"].get("idMember")
            added.append(("member", people.json(member, "member_fields")))
        added += [
            (name, msgspec.json.encode(FURTHER[name](msgspec.json.decode(text))))
            for name in further
        ]
        known = [(name, value) for name, value in added if value is not None]
        answer.append(spliced(cut(text, names), known))
    return answer


class _People:
    """The members of a feed as JSON, each looked up once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._known: dict[tuple[str, str], bytes | None] = {}

    def json(self, member_id: str | None, fields: str) -> bytes | None:
        """Return a member in some fields; None for an account that is gone."""
        key = (member_id or "", fields)
        if key not in self._known:
            member = self._call.store.get("member", key[0])
            chosen = None if member is None else self._call.chosen(member, AUTHOR_FIELDS, fields)
            shown = None if chosen is None else {**chosen, **_hidden(chosen)}
            self._known[key] = None if shown is None else msgspec.json.encode(shown)
        return self._known[key]


def _hidden(member: Record) -> Record:
    return {key: None for key in ("email", "loginTypes", "prefs") if key in member}


def _feed(call: Call, owner: _Owner, default: str = "all") -> list[msgspec.Raw]:
    limit = call.number("limit", 50, 1, _MOST)
    offset = limit * call.number("page", 0, 0, _MOST)
    _refuse_too_many(call, owner, limit)
    conditions = [owner.condition]
    values: dict[str, Any] = {"owner": owner.id, "caller": call.caller, "limit": limit}
    values.update(offset=offset, reach=limit + offset)
    _add_span(call, conditions, values)
    kinds = _kinds(call.text("filter") or default, values)
    where = " AND ".join(conditions)
    newest = "ORDER BY at DESC, id DESC"
    selects = [
        f"SELECT at, id, creator, body FROM actions WHERE {where} AND {kind} {newest}"  # noqa: S608 - built of constants
        for kind in kinds
    ]
    if len(selects) > 1:
        # One type at a time reads nothing but what an index has in order.
        each_type = (f"SELECT * FROM ({select} LIMIT :reach)" for select in selects)  # noqa: S608 - built of constants
        selects = [f"{' UNION ALL '.join(each_type)} {newest}"]
    rows = call.store.rows(f"{selects[0]} LIMIT :limit OFFSET :offset", values)
    return _all_shown(call, [row[2:] for row in rows])


def _refuse_too_many(call: Call, owner: _Owner, limit: int) -> None:
    """Refuse a page that could hold more actions than Trello is willing to collect."""
    most = call.world.switches.most_actions_per_answer
    if most is None or limit <= most:
        return
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM actions"  # noqa: S608 - built of constants
        f" WHERE {owner.condition} LIMIT :limit)"
    )
    values = {"owner": owner.id, "caller": call.caller, "limit": most + 1}
    if call.store.rows(sql, values)[0][0] > most:
        raise TrelloError(403, "API_TOO_MANY_ACTIONS_REQUESTED")


def _kinds(text: str, values: dict[str, Any]) -> list[str]:
    """Return a condition for each type of a filter; ``updateCard:idList`` is one of a change."""
    if "all" in text.split(","):
        return ["true"]
    changes: dict[str, list[str]] = {}
    for kind in text.split(","):
        name, _, changed = kind.partition(":")
        if changed and not changed.isalnum():
            raise invalid_value("filter")
        changes.setdefault(name, []).append(changed)
    if len(changes) > _MOST_KINDS:
        raise invalid_value("filter")
    kinds = []
    for number, (name, changed_ones) in enumerate(changes.items()):
        values[f"kind{number}"] = name
        any_of = [f"json_type(body, '$.data.old.{each}') IS NOT NULL" for each in changed_ones]
        among = "true" if "" in changed_ones else f"({' OR '.join(any_of)})"
        kinds.append(f"type = :kind{number} AND {among}")
    return kinds


def _add_span(call: Call, conditions: list[str], values: dict[str, Any]) -> None:
    sign = ">=" if call.world.switches.since_inclusive else ">"
    for name, compared in (("since", sign), ("before", "<")):
        text = call.optional(name)
        if text is not None:
            conditions.append(f"at {compared} :{name}")
            values[name] = _moment(name, text)


def _moment(name: str, text: str) -> int:
    """Read a date, or take the second of an id: Trello turns ids into their date."""
    if is_id(text):
        return second_of(text)
    try:
        return clock.parse(text, timezone.utc)
    except ValueError as error:
        raise invalid_value(name) from error
