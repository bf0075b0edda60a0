"""Thousands of records at once, for benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import clock
from sandbox.crm import ledger
from sandbox.trello import journal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.world import World

_MINUTE = 60_000


def add_activities(world: World, count: int, owners: Sequence[str] = ()) -> None:
    """Create activities in CRMOffice, owned in turn by these users, else by all.

    Raises:
        ValueError: an owner is no user.
    """
    users = {user["userName"]: user["id"] for user in ledger.users(world)}
    unknown = [name for name in owners if name not in users]
    if unknown:
        raise ValueError(f"no such user: {unknown[0]}")
    owner_ids = [users[name] for name in owners or users]
    now = clock.now_ms()
    for number in range(count):
        activity = {
            "subject": f"Bulk activity {number + 1}",
            "description": None,
            "status": "planned",
            "startsAt": clock.iso(now - (count - number) * _MINUTE),
            "ownerId": owner_ids[number % len(owner_ids)],
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
