"""Listings of cards: all that a filter lets through, or pages of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from sandbox.trello.card_parts import ASKED, with_parts
from sandbox.trello.errors import TrelloError, invalid_value
from sandbox.trello.object_ids import is_id
from sandbox.trello.permissions import find_board, find_list
from sandbox.trello.routing import Routes
from sandbox.trello.splicing import cut

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_MOST = 1000
_PAGED = ("fields", "limit", "before", "since", *ASKED)
_CLOSED = "json_extract(body, '$.closed')"
_DONE = "json_extract(body, '$.dueComplete')"
_ARCHIVED_LISTS = (
    "SELECT lists.id FROM records lists WHERE lists.kind = 'list' AND lists.parent = :board"
    " AND json_extract(lists.body, '$.closed') = 1"
)
_FILTERS = {
    "all": "true",
    "open": f"{_CLOSED} = 0",
    "visible": f"{_CLOSED} = 0 AND alias NOT IN ({_ARCHIVED_LISTS})",
    "closed": f"{_CLOSED} = 1",
    "complete": f"{_CLOSED} = 0 AND {_DONE} = 1",
    "incomplete": f"{_CLOSED} = 0 AND {_DONE} = 0",
    "none": "false",
}


@dataclass(frozen=True)
class _Owner:
    """The board or list whose cards are asked for: a column and the id in it."""

    column: str
    id: str
    board: str


@routes.add("GET", "/boards/{id}/cards", "filter", *_PAGED)
def board_cards(call: Call) -> list[msgspec.Raw]:
    """Show the cards of a board, visible ones by default; ``before=ID`` turns the pages."""
    board = find_board(call, call.path["id"])["id"]
    return _listed(call, _Owner("parent", board, board), call.text("filter") or "visible")


@routes.add("GET", "/boards/{id}/cards/{filter}", *_PAGED)
def filtered_board_cards(call: Call) -> list[msgspec.Raw]:
    """Show the cards of a board that a filter lets through."""
    board = find_board(call, call.path["id"])["id"]
    return _listed(call, _Owner("parent", board, board), call.path["filter"])


@routes.add("GET", "/lists/{id}/cards", "filter", *_PAGED)
def list_cards(call: Call) -> list[msgspec.Raw]:
    """Show the cards of a list, open ones by default."""
    found = find_list(call, call.path["id"])
    owner = _Owner("alias", found["id"], found["idBoard"])
    return _listed(call, owner, call.text("filter") or "open")


def _listed(call: Call, owner: _Owner, wanted: str) -> list[msgspec.Raw]:
    """Return cards in the order of the board, or newest first where pages are turned."""
    if wanted not in _FILTERS:
        raise invalid_value("filter")
    limit = call.number("limit", _MOST, 1, _MOST)
    _refuse_too_many(call, owner, limit)
    values: Record = {"owner": owner.id, "board": owner.board}
    where = [f"kind = 'card' AND {owner.column} = :owner", _FILTERS[wanted]]
    for name, sign in (("before", "<"), ("since", ">")):
        bound = call.optional(name)
        if bound is not None:
            if not is_id(bound):
                raise invalid_value(name)
            where.append(f"id {sign} :{name}")
            values[name] = bound
    turned = any(call.has(name) for name in ("limit", "before", "since"))
    order = "id DESC" if turned else "number, id"
    index = _index(owner, wanted) if turned else f"records_{owner.column}"
    values["limit"] = limit if turned else _MOST + 1
    sql = (
        f"SELECT id, body FROM records INDEXED BY {index}"  # noqa: S608 - built of constants
        f" WHERE {' AND '.join(where)} ORDER BY {order} LIMIT :limit"
    )
    cards = call.store.rows(sql, values)
    if len(cards) > _MOST:
        raise _too_many()
    names = call.names(None)
    bodies = [(card, cut(text, names)) for card, text in cards]
    if not call.world.switches.nested_on_cards:
        return [msgspec.Raw(body) for _, body in bodies]
    return with_parts(call, bodies)


def _index(owner: _Owner, wanted: str) -> str:
    """Return the index that holds an owner's cards by age; SQLite would not choose it."""
    if owner.column == "alias":
        return "cards_of_list"
    return "cards_of_board" if wanted in {"all", "none"} else "cards_by_closed"


def _refuse_too_many(call: Call, owner: _Owner, limit: int) -> None:
    """Refuse a page that could hold more cards than Trello is willing to collect."""
    most = call.world.switches.most_cards_per_answer
    if most is None or limit <= most:
        return
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM records WHERE kind = 'card'"  # noqa: S608 - built of constants
        f" AND {owner.column} = ? LIMIT ?)"
    )
    if call.store.value(sql, (owner.id, most + 1)) > most:
        raise _too_many()


def _too_many() -> TrelloError:
    return TrelloError(403, "API_TOO_MANY_CARDS_REQUESTED")
