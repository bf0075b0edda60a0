"""Boards with many cards and actions, written straight into a sandbox's state."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.clock import iso, now_ms
from sandbox.server import STATE_FILE
from sandbox.store import Store
from sandbox.trello import journal
from sandbox.trello.boards import board_record, list_record
from sandbox.trello.cards import card_record
from sandbox.trello.memberships import join
from sandbox.trello.object_ids import new_id

if TYPE_CHECKING:
    from sandbox.testing import RunningSandbox

Record = dict[str, Any]


@dataclass(frozen=True)
class Planted:
    """Ids of what was planted."""

    cards: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)


MONTH = 30 * 24 * 3600 * 1000  # milliseconds


def plant(
    box: RunningSandbox,
    *,
    boards: int,
    cards: int,
    actions: int,
    spacing_ms: int = 1_000,
    together: int = 1,
) -> Planted:
    """Make boards of the integration's member, with cards and actions spread over them.

    Args:
        box: a sandbox that nobody writes to meanwhile.
        boards: how many.
        cards: on all of them together, as many on each.
        actions: likewise; each fifth is a comment, the others changes of cards.
        spacing_ms: time between one action of a board and its next; the oldest was a month ago.
        together: so many actions of a board in a row share a millisecond.
    """
    member = next(
        each["idMember"] for each in box.control("GET", "/tokens") if each["username"] == "crmsync"
    )
    planted = Planted()
    with closing(Store(box.data / STATE_FILE)) as store:
        for number in range(boards):
            at = now_ms() - 2 * MONTH + number * 1000
            board, in_list = _board(store, member, number, at)
            for each in range(cards // boards):
                card = card_record(new_id(at + each * 1000), f"Kort {each}", in_list, each, each)
                store.put("card", card)
                planted.cards.append(card["id"])
            # all actions are of the last card, or they would cost a card's record each
            place = journal.place(card, in_list, board)
            moments = [
                at + MONTH + each // together * spacing_ms for each in range(actions // boards)
            ]
            rows = [_action(member, place, each, moment) for each, moment in enumerate(moments)]
            store.write_many(journal.INSERT, rows)
            journal.touch(store, card, board, max(moments, default=at))
            planted.actions.extend(str(row[0]) for row in rows)
        store.commit()
    return planted


def _board(store: Store, member: str, number: int, at: int) -> tuple[Record, Record]:
    board = board_record(new_id(at), f"Tavle {number}", None)
    in_list = list_record(new_id(at), "Å gjøre", board["id"], 1)
    store.put("board", board)
    store.put("list", in_list)
    join(store, "board", board["id"], member, "admin")
    return board, in_list


def _action(member: str, place: Record, number: int, moment: int) -> Any:
    comment = number % 5 == 0
    told = {"text": f"Kommentar {number}"} if comment else {"old": {"pos": number}}
    action = {
        "id": new_id(moment),
        "idMemberCreator": member,
        "type": "commentCard" if comment else "updateCard",
        "date": iso(moment),
        "data": {**told, **place},
        "appCreator": None,
        "limits": {},
    }
    return journal.row_of(action, moment)
