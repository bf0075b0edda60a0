"""The actions of the seed: five hundred of many types over two years."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.clock import iso
from sandbox.seed import names
from sandbox.seed.people import MEMBERS, SYNC
from sandbox.seed.rhythm import falls
from sandbox.seed.times import DAY, HOUR, REFERENCE, SECOND, START, seed_id
from sandbox.trello.journal import INSERT, place, row_of, workspace_of
from sandbox.trello.object_ids import second_of

if TYPE_CHECKING:
    from sandbox.seed.workspaces import Place
    from sandbox.store import Record, Store

ACTION_COUNT = 500
COMMENT_COUNT = 100
_COPY_COUNT = 3
# What fills the feed up, besides creations and comments.
_OTHERS = (
    "updateCard",
    "addMemberToCard",
    "addChecklistToCard",
    "updateCheckItemStateOnCard",
    "addAttachmentToCard",
    "updateBoard",
    "updateList",
    "addLabelToCard",
    "createCheckItem",
    "voteOnCard",
    "createCustomField",
    "updateCustomFieldItem",
    "removeMemberFromCard",
)
_OLD = (
    {"idList": "5eed00000000000000000000"},
    {"desc": ""},
    {"name": "Utkast"},
    {"due": None},
    {"closed": True},
)


@dataclass
class _Diary:
    """The actions written so far."""

    actions: list[tuple[Record, int]] = field(default_factory=list)

    def write(self, kind: str, creator: str, data: Record, at: int, created: int = 0) -> None:
        action_id = seed_id(created or at, 0x10000 + len(self.actions))
        action = {
            "id": action_id,
            "idMemberCreator": MEMBERS[creator].id,
            "type": kind,
            "date": iso(at),
            "data": data,
            "appCreator": None,
            "limits": {},
        }
        self.actions.append((action, at))


def plant_actions(store: Store, places: list[Place]) -> None:
    """Write the actions, and what they leave on cards and boards."""
    diary = _Diary()
    _write_creations(diary, places)
    _write_comments(diary, places)
    _write_copies(diary, places)
    _write_others(diary, places)
    rows = (row_of(action, at, workspace_of(store, action["data"])) for action, at in diary.actions)
    store.write_many(INSERT, list(rows))
    _leave_traces(store, places, diary)


def _write_creations(diary: _Diary, places: list[Place]) -> None:
    for each in places[::2]:
        workspace = place(organization=each.workspace)
        at = second_of(each.workspace["id"])
        diary.write("createOrganization", SYNC, workspace, at)
        for number, username in enumerate(each.members[1:]):
            joined = {**workspace, "idMember": MEMBERS[username].id}
            diary.write("addMemberToOrganization", SYNC, joined, at + (number + 1) * SECOND)
    for each in places:
        around = place(None, None, each.board, each.workspace)
        at = second_of(each.board["id"])
        diary.write("createBoard", SYNC, around, at)
        diary.write("addToOrganizationBoard", SYNC, around, at)
        for in_list in each.lists:
            data = place(None, in_list, each.board)
            diary.write("createList", SYNC, data, second_of(in_list["id"]))
        for number, card in enumerate(each.cards):
            creator = each.members[number % len(each.members)]
            diary.write("createCard", creator, _spot(each, number), second_of(card["id"]))


def _write_comments(diary: _Diary, places: list[Place]) -> None:
    """Write comments; some share their second, some even their millisecond."""
    for number in range(COMMENT_COUNT):
        # Neighbours share a board, so that one second holds several actions of a feed.
        each = places[number // 2 % len(places)]
        together = number // 12 * 12 if falls(number // 6, 2, 0) else number
        at = START + 100 * DAY + together * 6 * DAY + (number % 3) * (number % 2) * 250
        text = names.COMMENTS[number % len(names.COMMENTS)]
        text = names.LONG_TEXT if falls(number, 40, 17) else f"{text} ({number + 1})"
        data = {"text": text, "textData": {"emoji": {}}, **_spot(each, number)}
        if falls(number, 10, 3):
            data["dateLastEdited"] = iso(at + HOUR)
        diary.write("commentCard", each.members[number % len(each.members)], data, at)


def _write_copies(diary: _Diary, places: list[Place]) -> None:
    """Write the copy of a card: its comments keep their old date under fresh ids."""
    each = places[0]
    copied = REFERENCE - 20 * DAY
    data = _spot(each, 9)
    source = place(each.cards[0])["card"]
    diary.write("copyCard", SYNC, {**data, "cardSource": source}, copied)
    for number in range(_COPY_COUNT):
        text = {"text": f"Kopiert kommentar {number + 1}", "textData": {"emoji": {}}}
        at = START + 150 * DAY + number * DAY
        diary.write("copyCommentCard", each.members[1], {**text, **data}, at, copied)


def _write_others(diary: _Diary, places: list[Place]) -> None:
    first = START + 90 * DAY
    missing = ACTION_COUNT - len(diary.actions)
    step = (REFERENCE - DAY - first) // missing
    for number in range(missing):
        # Every tenth shares the second and the board of the one before it.
        slot = number - falls(number, 10, 9)
        each = places[slot % len(places)]
        at = first + slot * step // SECOND * SECOND + number % 10
        kind = _OTHERS[number % len(_OTHERS)]
        creator = each.members[number % len(each.members)]
        diary.write(kind, creator, _other_data(kind, each, number), at)


def _other_data(kind: str, each: Place, number: int) -> Record:
    if kind in {"updateBoard", "updateList"}:
        in_list = each.lists[0] if kind == "updateList" else None
        return {**place(None, in_list, each.board, each.workspace), "old": {"name": "Utkast"}}
    if kind == "createCustomField":
        return {**place(board=each.board), "customField": {"name": "Prioritet", "type": "text"}}
    data = _spot(each, number)
    if kind == "updateCard":
        data["old"] = _OLD[number // len(_OTHERS) % len(_OLD)]
    if "Member" in kind:
        data["idMember"] = MEMBERS[each.members[-1]].id
    return data


def _spot(each: Place, number: int) -> Record:
    card = each.cards[(number // 6 if number >= len(each.cards) else number) % len(each.cards)]
    in_list = next(found for found in each.lists if found["id"] == card["idList"])
    return place(card, in_list, each.board, each.workspace)


def _leave_traces(store: Store, places: list[Place], diary: _Diary) -> None:
    """Set the last activity and the number of comments of cards and boards."""
    for each in places:
        for kind, records in (("board", [each.board]), ("card", each.cards)):
            for record in records:
                mine = [
                    (action, at)
                    for action, at in diary.actions
                    if action["data"].get(kind, {}).get("id") == record["id"]
                ]
                newest = max(at for _, at in mine)
                record["dateLastActivity"] = iso(newest)
                if kind == "card":
                    comments = sum("omment" in action["type"] for action, _ in mine)
                    record["badges"]["comments"] = comments
                store.put(kind, record)
