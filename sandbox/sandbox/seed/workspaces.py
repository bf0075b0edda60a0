"""The workspaces of the seed with their boards, lists and cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.clock import iso
from sandbox.seed import names
from sandbox.seed.crm import domain
from sandbox.seed.people import COLLEAGUES, MEMBERS, OTHERS, SYNC
from sandbox.seed.rhythm import falls
from sandbox.seed.times import DAY, HOUR, START, seed_id
from sandbox.trello.boards import board_record, list_record
from sandbox.trello.cards import card_record
from sandbox.trello.organizations import organization_record
from sandbox.trello.people import plain

if TYPE_CHECKING:
    from sandbox.store import Record, Store

CARD_COUNT = 60
_LISTS = ("Å gjøre", "Pågår", "Ferdig")
_BOARDS = (
    ("Salg", "Leveranser"),
    ("Kundeservice", "Prosjekter 🚀"),
    ("Trivsel", "Lokaler"),
)
_GAP = 65_536


@dataclass(frozen=True)
class Place:
    """A board with what is around and on it."""

    workspace: Record
    board: Record
    lists: tuple[Record, ...]
    cards: tuple[Record, ...]
    members: tuple[str, ...]


def plant_workspaces(store: Store) -> list[Place]:
    """Write three workspaces: two are companies of CRMOffice, one is Trello's own."""
    # The first is known by its website, the second by its exact name.
    by_site = _workspace(0, "Fjordlys")
    by_site["website"] = f"https://www.{domain(names.COMPANIES[0])}"
    by_name = _workspace(1, names.COMPANIES[1])
    own = _workspace(2, "Kaffegjengen på huset ☕")
    circles = (
        (SYNC, *COLLEAGUES[:3], OTHERS[0]),
        (SYNC, *COLLEAGUES[2:5], OTHERS[1]),
        (SYNC, *COLLEAGUES[4:], *OTHERS[2:]),
    )
    places = []
    for number, workspace in enumerate((by_site, by_name, own)):
        store.put("organization", workspace)
        _plant_members(store, "organization", workspace, circles[number], number)
        for board_number, name in enumerate(_BOARDS[number]):
            index = 2 * number + board_number
            places.append(_plant_board(store, workspace, index, name, circles[number]))
    return places


def plant_empty_workspace(store: Store) -> None:
    """Write one workspace with eight members and nothing in it."""
    workspace = _workspace(0, "Sandbox")
    store.put("organization", workspace)
    _plant_members(store, "organization", workspace, (SYNC, *COLLEAGUES), 0)


def _workspace(number: int, display_name: str) -> Record:
    moment = START + number * DAY
    return organization_record(seed_id(moment, 100 + number), plain(display_name), display_name)


def _plant_members(
    store: Store,
    kind: str,
    owner: Record,
    usernames: tuple[str, ...],
    number: int,
) -> None:
    for index, username in enumerate(usernames):
        membership = seed_id(START + number * DAY, 0x1000 + 0x100 * number + index)
        if kind == "board":
            membership = seed_id(START + number * DAY, 0x2000 + 0x100 * number + index)
        held = "admin" if username == SYNC else "normal"
        member = MEMBERS[username].id
        sql = "INSERT INTO memberships VALUES (?, ?, ?, ?, ?)"
        store.write(sql, (kind, owner["id"], member, membership, held))


def _plant_board(
    store: Store,
    workspace: Record,
    index: int,
    name: str,
    members: tuple[str, ...],
) -> Place:
    moment = START + (10 + index) * DAY
    board = board_record(seed_id(moment, 200 + index), name, workspace["id"])
    store.put("board", board)
    _plant_members(store, "board", board, members, index)
    lists = []
    for position, list_name in enumerate(_LISTS):
        list_id = seed_id(moment + HOUR, 300 + 10 * index + position)
        created = list_record(list_id, list_name, board["id"], _GAP * (position + 1))
        store.put("list", created)
        lists.append(created)
    cards = [_card(index, number, lists) for number in range(CARD_COUNT // 6)]
    for card in cards:
        store.put("card", card)
    return Place(workspace, board, tuple(lists), tuple(cards), members)


def _card(board: int, number: int, lists: list[Record]) -> Record:
    moment = START + (20 + board + 5 * number) * DAY
    card_id = seed_id(moment, 400 + 20 * board + number)
    name = names.CARDS[(number + board) % len(names.CARDS)]
    card = card_record(card_id, name, lists[number % len(lists)], number + 1, _GAP * (number + 1))
    card["desc"] = names.LONG_TEXT if falls(number, 10, 9) else ""
    card["due"] = iso(moment + 30 * DAY) if falls(number, 3, 0) else None
    card["closed"] = falls(number, 10, 8)
    return card
