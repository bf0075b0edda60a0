"""Cards and what belongs to a card."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound, RecordRefused

from tap_trello import schemas
from tap_trello.account import ACTIVITY
from tap_trello.cards import Listing
from tap_trello.sight import BOARDS
from tap_trello.streams.placewise import PlacewiseStream
from tap_trello.streams.steps import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_trello.marks import Mark, Place
    from tap_trello.streams.base import Record

__all__ = ["CardAttachmentsStream", "CardCustomFieldItemsStream", "CardsStream"]

Card = dict[str, Any]


class CardwiseStream(PlacewiseStream):
    """Records that come with the cards of a board; those of changed cards are given."""

    @property
    @abstractmethod
    def query(self) -> Mapping[str, str]:
        """What Trello is to tell of the cards."""

    @abstractmethod
    def records_of(self, cards: list[Card]) -> Iterable[tuple[Card, list[Record]]]:
        """The cards, each with its records."""

    def first_path(self, place: Place) -> str:
        """The address of a board's first page of cards."""
        return self._listing(place).first_path

    def pages(self, place: Place, answer: Any, before: Mark) -> Iterator[Page]:
        """What comes with the cards, page by page."""
        for cards in self._listing(place).pages(self.account.client, answer):
            ids: list[str] = []
            given: list[Record] = []
            for card, records in self.records_of(cards):
                ids += [each["id"] for each in records]
                changed = is_changed(card, before)
                given += [each for each in records if changed or not before.covers(each["id"])]
            activity = [card[ACTIVITY] for card in cards if card.get(ACTIVITY)]
            yield Page(ids, given, bookmark=max(activity, default=None))

    def _listing(self, place: Place) -> Listing:
        wanted = "all" if self.account.include_archived else "visible"
        return Listing(place.id, {"filter": wanted, **self.query})


class CardsStream(CardwiseStream):
    """Cards of the boards, archived ones too if they are wanted."""

    name = "cards"
    replication_key = ACTIVITY
    schema = schemas.CARDS

    @property
    def query(self) -> Mapping[str, str]:
        """The selected fields."""
        return {"fields": self.fields.and_also(ACTIVITY).parameter}

    def records_of(self, cards: list[Card]) -> Iterable[tuple[Card, list[Record]]]:
        """The cards themselves."""
        return ((card, [card]) for card in cards)


class CardPartsStream(CardwiseStream):
    """What cards consist of: Trello tells it with them or, if it does not, card by card."""

    may_be_empty = True
    added = ("idCard", "idBoard")
    part: str
    """The name of the cards' property, and of the address below a card's own."""

    @property
    def query(self) -> Mapping[str, str]:
        """The parts, and what tells whether they may have changed."""
        return {"fields": f"badges,{ACTIVITY},idBoard", self.part: "true"}

    def records_of(self, cards: list[Card]) -> Iterable[tuple[Card, list[Record]]]:
        """The cards with their parts, which tell their card and board."""
        apart = [card for card in cards if self.part not in card and self.may_have(card)]
        paths = [f"/cards/{card['id']}/{self.part}" for card in apart]
        answers = zip(apart, self.account.client.get_many(paths), strict=True)
        found = {card["id"]: parts_in(answer) for card, answer in answers}
        for card in cards:
            parts = card.get(self.part) or found.get(card["id"], [])
            place = {"idCard": card["id"], "idBoard": card["idBoard"]}
            yield card, [{**part, **place} for part in parts]

    def may_have(self, card: Card) -> bool:
        """Whether it is worth asking a card for its parts."""
        del card
        return True


class CardAttachmentsStream(CardPartsStream):
    """Attachments of the cards."""

    name = "card_attachments"
    schema = schemas.CARD_ATTACHMENTS
    part = "attachments"

    def may_have(self, card: Card) -> bool:
        """Whether the card's badge tells of attachments."""
        return bool((card.get("badges") or {}).get("attachments", True))


class CardCustomFieldItemsStream(CardPartsStream):
    """The cards' values of custom fields. Not every board may have them."""

    name = "card_custom_field_items"
    optional_at = (BOARDS,)
    schema = schemas.CARD_CUSTOM_FIELD_ITEMS
    part = "customFieldItems"


def is_changed(card: Card, before: Mark) -> bool:
    """Whether something may have happened on a card since its board was read."""
    activity = card.get(ACTIVITY)
    return not activity or before.bookmark is None or activity > before.bookmark


def parts_in(answer: Any) -> list[Record]:
    """What a card answered; nothing if it is gone by now."""
    if isinstance(answer, NotFound):
        return []
    if isinstance(answer, RecordRefused):
        raise answer
    parts: list[Record] = answer
    return parts
