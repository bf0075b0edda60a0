"""Actions: of all of them, Trello lets only comments be written."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import DestinationStream, Kind, Property, parse_instant
from singer_rest import NotFound, RecordRefused
from singer_rest.creations import Creations
from tap_trello.batch import MOST_ROUTES
from tap_trello.footer import Footer
from tap_trello.records import effective_action, is_comment

from target_trello.authors import Authors, action_in, no_token_of
from target_trello.comment_draft import drafted_comment, drafted_edit
from target_trello.comment_text import (
    changed_comment,
    comment_of,
    label_of,
    new_comment,
    starts_of,
)
from target_trello.lost_comments import LostComments, key_of
from target_trello.owners import Owners

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from linked_target import Intent, Record
    from tap_trello.account import Account

    from target_trello.comment_card import CommentCard
    from target_trello.earlier_comments import EarlierComments

__all__ = ["Actions"]

OWNER, STARTS, TEXT, CARD = "memberCreator__id", "date", "data__text", "data__card__id"


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
        OWNER: Property(Kind.ID, references="members"),
        STARTS: Property(Kind.INSTANT),
        TEXT: Property(),
        CARD: Property(Kind.ID, create_only=True),
    }
    reads_at_once: ClassVar[int] = MOST_ROUTES

    def __init__(
        self, account: Account, card: CommentCard, card_id: str | None, earlier: EarlierComments
    ) -> None:
        self._account = account
        self._client = account.client
        self._card = card
        self._card_id = card_id
        self._earlier = earlier
        self._owners = Owners(account)
        self._authors = Authors(account)
        self._creations = Creations()
        self._lost = LostComments(account, self._creations)

    def get(self, record_id: str) -> Record:
        """Read a comment as its footer tells it."""
        return self._record(self._client.get(f"/actions/{record_id}"))

    def get_many(self, record_ids: Sequence[str]) -> list[Record | RecordRefused]:
        """Read several comments with one request."""
        answers = self._client.get_many(f"/actions/{record_id}" for record_id in record_ids)
        return [self._record_or_refusal(answer) for answer in answers]

    def edited_at(self, record: Record) -> datetime | None:
        """When somebody edited the comment; None if nobody did since it was written."""
        return parse_instant(record["data"].get("dateLastEdited"))

    def writer_of(self, values: Mapping[str, Any], record: Record | None) -> str:
        """The owner for a new comment, else the author; "" where their token is not known."""
        member = values.get(OWNER) if record is None else record["idMemberCreator"]
        return self._authors.writer(str(member)) if member else ""

    def partner_told(self, record: Record, values: Mapping[str, Any], intent: Intent) -> str | None:
        """The comment on that card whose footer has named the record since before this store."""
        del record
        card = self._known_card(values)
        ids = []
        if card is not None:
            ids = self._earlier.standing_for(card, label_of(intent.source), intent.source_id)
        found = [each for each in ids if self._exists(each)]
        if len(found) > 1:
            raise RecordRefused(several(found))
        if not found:
            self._prepare(values)
        return found[0] if found else None

    def create(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """Write a comment, as the owner where a token of theirs is known."""
        name = values.get(OWNER)
        owner = self._owners.named(str(name)) if name else None
        text = text_of(values, intent, owner)
        card = values.get(CARD) or self._card_id
        # All that reading the answer needs is known by now: it must not fail once this is written.
        trusted = self._account.trusted_ids
        with self._creations.attempt(key_of(intent)):
            if card:
                raw = self._authors.post(str(card), text, owner)
            else:
                raw = self._post_on_own_card(text, owner)
            return effective_action(raw, trusted, self._account.directory)

    def recover(
        self, values: Mapping[str, Any], intent: Intent, *, taken: Callable[[str], bool]
    ) -> Record | None:
        """The comment on that card whose footer names the source record."""
        card = self._known_card(values)
        if card is None:
            return None
        records = []
        for record_id in self._lost.standing_for(card, intent):
            if not taken(record_id):
                with suppress(NotFound):
                    records.append(self.get(record_id))
        if len(records) > 1:
            raise RecordRefused(several([record["id"] for record in records]))
        return records[0] if records else None

    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """Edit a comment, as its author; no request where nothing would differ."""
        text = changed_comment(record, changes, self._username_of)
        if text == comment_of(record):
            return record
        changed = self._authors.edit(record, text)
        return self.get(record["id"]) if changed is None else self._record(changed)

    def unwritable(self, record: Record, names: Collection[str]) -> dict[str, str]:
        """Everything of a comment whose author's token is not known, and of other actions."""
        if not is_comment(record):
            reason = f"of all actions only comments can be written, not {record['type']}"
        elif not self._authors.may_edit(record):
            reason = no_token_of(record)
        else:
            return {name: "a comment stays on its card" for name in names if "card" in name}
        return dict.fromkeys(names, reason)

    def undeletable(self, record: Record) -> str | None:
        """Other actions than comments stay."""
        if is_comment(record):
            return None
        return f"of all actions only comments can be deleted, not {record['type']}"

    def delete(self, record: Record) -> None:
        """Delete a comment as its author, else as the board's admin."""
        reason = self.undeletable(record)
        if reason is not None:
            raise RecordRefused(reason)
        self._authors.delete(record)

    def draft_created(self, values: Mapping[str, Any], intent: Intent) -> Record:
        """The comment that `create` would answer."""
        name = values.get(OWNER)
        owner = self._owners.known(str(name)) if name else None
        text = text_of(values, intent, owner)
        own = owner is not None and self._authors.may_write_as(owner["id"])
        author = owner if own and owner else self._owners.known(self._account.own_id)
        card = values.get(CARD) or self._card_id or self._card.expected
        draft = super().draft_created({}, intent)
        return drafted_comment(draft["id"], text, str(card), author, owner)

    def draft_updated(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """The comment that `update` would answer."""
        text = changed_comment(
            record, changes, lambda name: str(self._owners.known(name)["username"])
        )
        if text == comment_of(record):
            return record
        if not self._authors.may_edit(record):
            raise RecordRefused(no_token_of(record))
        author = self._owners.known(record["idMemberCreator"])
        owner = self._owners.known(str(changes[OWNER])) if changes.get(OWNER) else None
        return drafted_edit(record, text, author, owner, self._account.trusted_ids)

    def _known_card(self, values: Mapping[str, Any]) -> str | None:
        """The card for a comment, as far as there is one."""
        card = values.get(CARD) or self._card_id
        if card:
            return str(card)
        place = self._card.known()
        return place.card if place else None

    def _prepare(self, values: Mapping[str, Any]) -> None:
        """Get to know what a comment or its draft needs; an owner who is nobody is told by them."""
        _ = self._account.own_id
        if values.get(OWNER):
            with suppress(RecordRefused):
                self._owners.named(str(values[OWNER]))

    def _exists(self, record_id: str) -> bool:
        try:
            self._client.get(f"/actions/{record_id}")
        except NotFound:
            return False
        return True

    def _record_or_refusal(self, answer: Any) -> Record | RecordRefused:
        if isinstance(answer, RecordRefused):
            return answer
        try:
            return self._record(answer)
        except RecordRefused as refusal:
            return refusal

    def _record(self, raw: Any) -> Record:
        if action_in(raw) is None:
            raise RecordRefused("Trello answers something that is no action")
        return effective_action(raw, self._account.trusted_ids, self._account.directory)

    def _username_of(self, name: str) -> str:
        return str(self._owners.named(name)["username"])

    def _post_on_own_card(self, text: str, owner: Record | None) -> Record:
        place = self._card.ready()
        try:
            return self._authors.post(place.card, text, owner, admit=self._card.admit)
        except NotFound:
            self._card.forget(place)
            place = self._card.ready()
            return self._authors.post(place.card, text, owner, admit=self._card.admit)


def text_of(values: Mapping[str, Any], intent: Intent, owner: Record | None) -> str:
    """The comment of a new record."""
    footer = Footer(
        starts=starts_of(values.get(STARTS)),
        owner=owner["username"] if owner else None,
        record=intent.source_id,
        label=label_of(intent.source),
    )
    return new_comment(values.get(TEXT), footer)


def several(ids: Sequence[str]) -> str:
    """That it can't be told which comment is the one."""
    return f"several comments stand for it: {', '.join(ids)}; delete all but one"
