"""Actions: of all of them, Trello lets only comments be written."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import DestinationStream, Kind, Property
from singer_rest import NotFound, RecordRefused
from tap_trello.feed import Feed, read_feed
from tap_trello.footer import Footer
from tap_trello.records import COMMENTS, effective_action, is_comment, member_record

from target_trello.comment_text import (
    changed_comment,
    comment_of,
    footer_in,
    label_of,
    new_comment,
    starts_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from linked_target import Intent, Record
    from tap_trello.account import Account
    from tap_trello.client import TrelloClient

    from target_trello.comment_card import CommentCard
    from target_trello.earlier_comments import EarlierComments

__all__ = ["Actions"]

CLOCK_SKEW = timedelta(minutes=5)
NO_ACCESS = frozenset({401, 403, 404})

logger = logging.getLogger(__name__)


class Actions(DestinationStream):
    """Writes comments, with a footer for what Trello sets by itself.

    Args:
        account: the account that writes.
        card: the card for comments that name none.
        card_id: that card, where somebody chose one.
        earlier: the comments that stand for records since before the link store was made.
    """

    name: ClassVar[str] = "actions"
    properties: ClassVar[Mapping[str, Property]] = {
        "memberCreator__id": Property(Kind.ID, references="members"),
        "date": Property(Kind.INSTANT),
        "data__text": Property(),
        "data__card__id": Property(Kind.ID, create_only=True),
    }

    def __init__(
        self, account: Account, card: CommentCard, card_id: str | None, earlier: EarlierComments
    ) -> None:
        self._account = account
        self._client = account.client
        self._card = card
        self._card_id = card_id
        self._earlier = earlier

    def get(self, record_id: str) -> Record:
        """Read a comment as its footer tells it."""
        return self._record(self._client.get(f"/actions/{record_id}"))

    def partner_told(self, record: Record, values: Mapping[str, Any], intent: Intent) -> str | None:
        """The comment on that card whose footer has named the record since before this store."""
        del record
        card = self._known_card(values)
        if card is None:
            return None
        ids = self._earlier.standing_for(card, label_of(intent.source), intent.source_id)
        found = [each for each in ids if self._exists(each)]
        if len(found) > 1:
            raise RecordRefused(
                f"several comments stand for it: {', '.join(found)}; delete all but one"
            )
        return found[0] if found else None

    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """Write a comment, as the owner where a token of theirs is known."""
        owner = self._owner(values.get("memberCreator__id"))
        footer = Footer(
            starts=starts_of(values.get("date")),
            owner=owner["username"] if owner else None,
            record=intent.source_id,
            label=label_of(intent.source),
        )
        text = new_comment(values.get("data__text"), footer)
        card = values.get("data__card__id") or self._card_id
        if card:
            return self._record(self._post(str(card), text, owner))
        return self._record(self._post_on_own_card(text, owner))

    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        """The comment on that card whose footer names the source record."""
        card = self._known_card(values)
        if card is None:
            return None
        feed = Feed(f"/cards/{card}/actions", COMMENTS[:1], since=intent.begun_at - CLOCK_SKEW)
        found = [
            record
            for record in map(self._record, read_feed(self._client, feed))
            if stands_for(record, intent) and not taken(record["id"])
        ]
        if len(found) > 1:
            ids = ", ".join(record["id"] for record in found)
            raise RecordRefused(f"several comments stand for it: {ids}; delete all but one")
        return found[0] if found else None

    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """Edit a comment, as its author; no request where nothing would differ."""
        text = changed_comment(record, changes, self._username_of)
        if text == comment_of(record):
            return record
        client = self._author(record)
        if client is None:
            raise RecordRefused(self.unwritable(record, changes)["data__text"])
        path = f"/actions/{record['id']}"
        return self._record(client.request("PUT", path, json={"text": text}, repeatable=True))

    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        """Everything of a comment whose author's token is not known, and of other actions."""
        if not is_comment(record):
            reason = f"of all actions only comments can be written, not {record['type']}"
        elif self._author(record) is None:
            reason = (
                f"only its author may edit a comment, and no token of {author_of(record)} is set"
            )
        else:
            return {name: "a comment stays on its card" for name in names if "card" in name}
        return dict.fromkeys(names, reason)

    def _known_card(self, values: Mapping[str, Any]) -> str | None:
        """The card for a comment, as far as there is one."""
        card = values.get("data__card__id") or self._card_id
        if card:
            return str(card)
        place = self._card.known()
        return place.card if place else None

    def _exists(self, record_id: str) -> bool:
        try:
            self._client.get(f"/actions/{record_id}")
        except NotFound:
            return False
        return True

    def _record(self, raw: Record) -> Record:
        return effective_action(raw, self._account.trusted_ids, self._account.directory)

    def _author(self, record: Record) -> TrelloClient | None:
        """The client that may edit a comment: its author's, if the token is known."""
        author = record["idMemberCreator"]
        client = self._client.of_member(author)
        if client is None and author == self._account.own_id:
            return self._client
        return client

    def _owner(self, name: Any) -> Record | None:
        """The member with an id or username.

        Raises:
            NotFound: when there is none.
        """
        if not name:
            return None
        directory = self._account.directory
        known = directory.by_id(str(name)) or directory.by_username(str(name))
        if known is None:
            found = self._client.get(f"/members/{name}", {"fields": "all"})
            known = member_record(found, self._account.own_id)
            directory.add(known)
        return known

    def _username_of(self, name: str) -> str:
        owner = self._owner(name) or {}
        return str(owner["username"])

    def _post_on_own_card(self, text: str, owner: Record | None) -> Record:
        place = self._card.ready()
        try:
            return self._post(place.card, text, owner, admit=self._card.admit)
        except NotFound:
            self._card.forget()
            return self._post(self._card.ready().card, text, owner, admit=self._card.admit)

    def _post(
        self,
        card: str,
        text: str,
        owner: Record | None,
        admit: Callable[[str], bool] | None = None,
    ) -> Record:
        """Write a comment as its owner; as the token's member where that is not possible.

        Args:
            card: the card.
            text: the comment.
            owner: the owner.
            admit: lets a member write on that card's board, if that is ours to decide.
        """
        client = self._client.of_member(owner["id"]) if owner else None
        if client is None or owner is None:
            return write_comment(self._client, card, text)
        try:
            return write_comment(client, card, text)
        except RecordRefused as refusal:
            if refusal.status not in NO_ACCESS:
                raise
            reason = refusal
        if admit is not None and admit(owner["id"]):
            try:
                return write_comment(client, card, text)
            except RecordRefused as refusal:
                reason = refusal
        logger.warning("@%s can't write, so the integration does: %s", owner["username"], reason)
        return write_comment(self._client, card, text)


def write_comment(client: TrelloClient, card: str, text: str) -> Record:
    """Post a comment; never twice."""
    path = f"/cards/{card}/actions/comments"
    comment: Record = client.request("POST", path, json={"text": text})
    return comment


def author_of(record: Record) -> str:
    """The username of who really wrote a comment, else the id."""
    author, shown = record["idMemberCreator"], record.get("memberCreator") or {}
    return f"@{shown['username']}" if shown.get("id") == author else str(author)


def stands_for(record: Record, intent: Intent) -> bool:
    """Whether a comment's footer names the record of an intent."""
    footer = footer_in(record)
    return (footer.record, footer.label) == (intent.source_id, label_of(intent.source))
