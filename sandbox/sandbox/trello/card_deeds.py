"""Writing down what somebody did to a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import now_ms
from sandbox.trello import journal
from sandbox.trello.card_parts import recount

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call


def done(call: Call, card: Record, kind: str | None = None, more: Record | None = None) -> None:
    """Write a card after a change of what hangs on it, and raise its and its board's activity.

    Args:
        call: the request.
        card: the card, with its own changes.
        kind: the type of the action; None for what Trello keeps out of every feed.
        more: what the action's data say besides the place.
    """
    moment = now_ms()
    board = call.store.get("board", card["idBoard"])
    if kind is not None:
        data = {**whereabouts(call, card), **(more or {})}
        journal.record(call.store, kind, call.caller, data, at=moment)
    recount(call.store, card)
    journal.touch(call.store, card, board, moment)


def whereabouts(call: Call, card: Record) -> Record:
    """Return the part of an action's data that says where a card is."""
    board = call.store.get("board", card["idBoard"])
    workspace = (board or {}).get("idOrganization")
    return journal.place(
        card,
        call.store.get("list", card["idList"]),
        board,
        call.store.get("organization", workspace or ""),
    )
