"""The card that comments are written on where no other is named: made once, and remembered."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_rest import NotFound, OutcomeUnknown, RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import Facts
    from tap_trello.account import Account

__all__ = ["CommentCard", "Place"]

Found = dict[str, Any]

LIST_NAME = "Activities"
UNMADE = "planned:card"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """A card and the board it is on."""

    card: str
    board: str


class CommentCard:
    """A board, a list and a card, looked up by their names before they are made.

    Any number of threads may share it: while one of them looks or makes, the others wait.

    Args:
        account: the account that owns them.
        facts: remembers them.
        label: name of the source; the board bears it.
        organization_id: workspace of the board; Trello's choice if None.
    """

    def __init__(
        self, account: Account, facts: Facts, *, label: str, organization_id: str | None
    ) -> None:
        self._account = account
        self._client = account.client
        self._facts = facts
        self._label = label
        self._organization_id = organization_id
        self._place: Place | None = None
        self._looked = False
        self._changing = threading.RLock()

    @property
    def expected(self) -> str:
        """The card's id as far as it is known without a request, else a made-up one."""
        place = self._place
        return UNMADE if place is None else place.card

    def known(self) -> Place | None:
        """The card, if there is one; nothing is made. It is looked for once a run."""
        with self._changing:
            if self._place is None and not self._looked:
                self._place = self._remembered() or self._looked_up()
                self._looked = True
            return self._place

    def ready(self) -> Place:
        """The card; it is made if there is none."""
        with self._changing:
            place = self.known()
            if place is None:
                place = self._place = self._made_once()
            return place

    def forget(self, gone: Place) -> None:
        """Look the card up again the next time, unless another thread has found a new one."""
        with self._changing:
            if self._place == gone:
                self._place = None
                self._looked = False

    def admit(self, member_id: str) -> bool:
        """Let a member write on the board; return whether that worked."""
        path = f"/boards/{self.ready().board}/members/{member_id}"
        try:
            self._client.request("PUT", path, json={"type": "normal"}, repeatable=True)
        except RecordRefused as refusal:
            logger.warning("member %s can't join the board of the comments: %s", member_id, refusal)
            return False
        return True

    @property
    def _fact(self) -> str:
        place = f"{self._label} in {self._organization_id or 'no workspace'}"
        return f"comment card at {self._client.base_url} of {self._account.own_id}, {place}"

    def _remembered(self) -> Place | None:
        known = self._facts.get(self._fact)
        if known is None:
            return None
        place = Place(**json.loads(known))
        paths = (f"/cards/{place.card}?fields=closed", f"/boards/{place.board}?fields=closed")
        for answer in self._client.get_many(paths):
            if isinstance(answer, RecordRefused) or answer.get("closed"):
                return None
        return place

    def _looked_up(self) -> Place | None:
        board = self._find_board()
        in_list = self._find_list(board) if board else None
        card = self._find_card(in_list) if in_list else None
        if card is None:
            return None
        place = Place(card["id"], card["idBoard"])
        self._remember(place)
        return place

    def _remember(self, place: Place) -> None:
        self._facts.set(self._fact, json.dumps({"card": place.card, "board": place.board}))

    def _made_once(self) -> Place:
        """The card; of several runs at once the first one makes it, and the others find it."""
        with self._facts.turn(self._fact):
            place = self._made()
            self._remember(place)
            return place

    def _made(self) -> Place:
        board = self._find_or_make(
            self._find_board,
            "/boards",
            name=self._label,
            idOrganization=self._organization,
            defaultLists=False,
        )
        in_list = self._find_or_make(
            lambda: self._find_list(board), "/lists", name=LIST_NAME, idBoard=board["id"]
        )
        in_list = {**in_list, "idBoard": board["id"]}
        card = self._find_or_make(
            lambda: self._find_card(in_list), "/cards", name=self._card_name, idList=in_list["id"]
        )
        logger.info("comments go to card %s on board %s", card["id"], board["id"])
        return Place(card["id"], board["id"])

    def _find_or_make(self, find: Callable[[], Found | None], path: str, **values: Any) -> Found:
        """What `find` finds, else what is created; an unanswered creation is looked for again."""
        found = find()
        if found is not None:
            return found
        body = {name: value for name, value in values.items() if value is not None}
        try:
            return made_of(self._client.request("POST", path, json=body), path)
        except OutcomeUnknown:
            found = find()
            if found is None:
                raise
            return found

    @property
    def _card_name(self) -> str:
        return f"{self._label} {LIST_NAME.lower()}"

    @cached_property
    def _organization(self) -> str | None:
        """Id of the workspace, which may be set by its short name."""
        if not self._organization_id:
            return None
        found = self._client.get(f"/organizations/{self._organization_id}", {"fields": "name"})
        return str(found["id"])

    def _find_board(self) -> Found | None:
        query = {"fields": "name,idOrganization", "filter": "open"}
        boards = self._client.get("/members/me/boards", query)
        workspace = self._organization
        return oldest(
            self._label,
            [each for each in boards if not workspace or each["idOrganization"] == workspace],
        )

    def _find_list(self, board: Found) -> Found | None:
        path = f"/boards/{board['id']}/lists"
        lists = self._client.get(path, {"fields": "name,idBoard", "filter": "open"})
        return oldest(LIST_NAME, lists)

    def _find_card(self, in_list: Found) -> Found | None:
        path = f"/lists/{in_list['id']}/cards"
        try:
            cards = self._client.get(path, {"fields": "name,idBoard,closed"})
        except NotFound:
            return None
        return oldest(self._card_name, [card for card in cards if not card.get("closed")])


def made_of(answer: Any, path: str) -> Found:
    """What an answer to a creation consists of.

    Raises:
        OutcomeUnknown: when it was cut, or is something else.
    """
    if not isinstance(answer, dict) or "id" not in answer:
        raise OutcomeUnknown(f"Trello answers POST {path} without what was made")
    return answer


def oldest(name: str, found: list[Found]) -> Found | None:
    """The oldest of those with a name: ids begin with the second of creation."""
    return min(
        (each for each in found if each["name"] == name), key=lambda e: e["id"], default=None
    )
