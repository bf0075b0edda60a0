"""Thousands of records at once, for benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import clock
from sandbox.crm import ledger
from sandbox.trello import journal

if TYPE_CHECKING:
    from sandbox.world import World

_MINUTE = 60_000


def add_activities(world: World, count: int) -> None:
    """Create activities in CRMOffice, owned by its users in turn."""
    owners = [user["id"] for user in ledger.users(world)]
    now = clock.now_ms()
    for number in range(count):
        activity = {
            "subject": f"Bulk activity {number + 1}",
            "description": None,
            "status": "planned",
            "startsAt": clock.iso(now - (count - number) * _MINUTE),
            "ownerId": owners[number % len(owners)],
        }
        ledger.create(world, "activities", activity)


def add_comments(world: World, count: int) -> None:
    """Write comments on the cards in turn, one a minute up to now.

    Raises:
        ValueError: there is no card.
    """
    store = world.store
    cards = store.bodies("SELECT body FROM records WHERE kind = 'card' ORDER BY id")
    if count and not cards:
        raise ValueError("comments need a card")
    boards = {
        each["id"]: each for each in store.bodies("SELECT body FROM records WHERE kind = 'board'")
    }
    members = store.rows("SELECT owner, member FROM memberships WHERE kind = 'board'")
    authors = dict(members)
    now = clock.now_ms()
    for number in range(count):
        card = cards[number % len(cards)]
        board = boards[card["idBoard"]]
        workspace = store.get("organization", board["idOrganization"] or "")
        data = {
            "text": f"Bulk comment {number + 1}",
            "textData": {"emoji": {}},
            **journal.place(card, store.get("list", card["idList"]), board, workspace),
        }
        at = now - (count - number) * _MINUTE
        journal.record(store, "commentCard", authors[board["id"]], data, at=at)
    for card in cards[:count]:
        journal.touch(store, card, boards[card["idBoard"]], now)
