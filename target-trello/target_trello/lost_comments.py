"""Finding comments whose creation got no answer, by what their footers say."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_trello.feed import Feed, read_feed
from tap_trello.records import COMMENTS, effective_action

from target_trello.comment_text import footer_in, label_of

if TYPE_CHECKING:
    from datetime import datetime

    from linked_target import Intent
    from singer_rest.creations import Creations
    from tap_trello.account import Account

__all__ = ["LostComments", "key_of"]

CLOCK_SKEW = timedelta(minutes=5)

Named = tuple[str, str]


@dataclass(frozen=True)
class Reading:
    """What the footers on a card said at some time.

    Attributes:
        since: older comments were not looked at.
        moment: when the reading began.
        ids: ids of comments by the label and id that their footers name.
    """

    since: datetime
    moment: int
    ids: dict[Named, list[str]] = field(default_factory=dict)


class LostComments:
    """Comments by the record that their footer names.

    A card is read once for many lost answers; again for one that was attempted since.

    Args:
        account: the account that reads; only footers of authors it trusts count.
        creations: knows when comments were attempted.
    """

    def __init__(self, account: Account, creations: Creations) -> None:
        self._account = account
        self._creations = creations
        self._readings: dict[str, Reading] = {}
        self._reading = threading.Lock()

    def standing_for(self, card: str, intent: Intent) -> list[str]:
        """Ids of the comments on a card that attempts at this intent have made.

        Raises:
            RecordRefused: when the card can't be read.
        """
        since = intent.begun_at - CLOCK_SKEW
        with self._reading:
            reading = self._readings.get(card)
            if reading is None or not self._serves(reading, intent, since):
                earliest = since if reading is None else min(since, reading.since)
                reading = self._readings[card] = self._read(card, earliest)
        return reading.ids.get((label_of(intent.source), intent.source_id), [])

    def _serves(self, reading: Reading, intent: Intent, since: datetime) -> bool:
        is_new = self._creations.shows(key_of(intent), reading.moment)
        return is_new and reading.since <= since

    def _read(self, card: str, since: datetime) -> Reading:
        reading = Reading(since, self._creations.now())
        feed = Feed(f"/cards/{card}/actions", COMMENTS[:1], since=since)
        for raw in read_feed(self._account.client, feed):
            record = effective_action(raw, self._account.trusted_ids, self._account.directory)
            footer = footer_in(record)
            if footer.record is not None:
                named = (footer.label or "", footer.record)
                reading.ids.setdefault(named, []).append(raw["id"])
        return reading


def key_of(intent: Intent) -> tuple[str, str, str]:
    """What tells an intent from others."""
    return intent.source, intent.source_stream, intent.source_id
