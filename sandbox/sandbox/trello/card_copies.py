"""Copies of cards: their comments keep the old date under a fresh id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import clock
from sandbox.trello import journal

if TYPE_CHECKING:
    from sandbox.store import Record, Store


def copy_comments(store: Store, source: Record, copy: Record, place: Record) -> None:
    """Repeat a card's comments on its copy as ``copyCommentCard``.

    Each keeps its author, text and date; only its id is of now, so that a bookmark
    of dates never sees it.
    """
    sql = (
        "SELECT body FROM actions WHERE card = ? AND type IN ('commentCard', 'copyCommentCard')"
        " ORDER BY at, id"
    )
    for comment in store.bodies(sql, (source["id"],)):
        data = {**place, "text": comment["data"]["text"], "textData": {"emoji": {}}}
        journal.record(
            store,
            "copyCommentCard",
            comment["idMemberCreator"],
            data,
            at=clock.parse(comment["date"]),
            created=clock.now_ms(),
        )
        copy["badges"]["comments"] += 1
