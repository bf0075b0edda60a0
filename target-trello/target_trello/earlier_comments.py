"""Comments that stand for records since before this link store was made.

A link store that was lost, or moved to another machine without its file, must not lead to a second
comment for each activity. The footers tell which comment stands for which record.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from tap_trello.feed import Feed, read_feed
from tap_trello.records import COMMENTS, effective_action

from target_trello.comment_text import footer_in

if TYPE_CHECKING:
    from linked_target import Facts
    from tap_trello.account import Account

__all__ = ["EarlierComments"]


class EarlierComments:
    """Ids of comments by the record that their footer names.

    A card is read once in the life of a link store, before the first comment is written on it:
    whatever comes later is linked. Any number of threads may share it.

    Args:
        account: the account that reads; only footers of authors it trusts count.
        facts: remembers what was found.
    """

    def __init__(self, account: Account, facts: Facts) -> None:
        self._account = account
        self._facts = facts
        self._found: dict[str, dict[str, list[str]]] = {}
        self._finding = threading.Lock()

    def standing_for(self, card: str, label: str, record_id: str) -> list[str]:
        """Ids of the comments on a card whose footer names a record.

        Args:
            card: id or short link of the card.
            label: the source system's, as footers name it.
            record_id: the source record's id.

        Raises:
            RecordRefused: when the card can't be read.
        """
        with self._finding:
            if card not in self._found:
                self._found[card] = self._remembered(card)
        return self._found[card].get(_key(label, record_id), [])

    def _remembered(self, card: str) -> dict[str, list[str]]:
        fact = f"earlier comments at {self._account.client.base_url} on card {card}"
        known = self._facts.get(fact)
        if known is None:
            known = json.dumps(self._read(card))
            self._facts.set(fact, known)
        found: dict[str, list[str]] = json.loads(known)
        return found

    def _read(self, card: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        feed = Feed(f"/cards/{card}/actions", COMMENTS[:1])
        for raw in read_feed(self._account.client, feed):
            record = effective_action(raw, self._account.trusted_ids, self._account.directory)
            footer = footer_in(record)
            if footer.record is not None:
                found.setdefault(_key(footer.label or "", footer.record), []).append(raw["id"])
        return found


def _key(label: str, record_id: str) -> str:
    return f"{label} {record_id}"
