"""Labels, checklists, attachments and custom fields of the seed; no action tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import iso
from sandbox.seed import names
from sandbox.seed.people import MEMBERS
from sandbox.seed.rhythm import falls
from sandbox.seed.times import DAY, HOUR, seed_id
from sandbox.trello import (
    attachments,
    check_items,
    checklists,
    custom_field_items,
    custom_fields,
    labels,
)
from sandbox.trello.card_parts import recount
from sandbox.trello.object_ids import second_of

if TYPE_CHECKING:
    from sandbox.seed.workspaces import Place
    from sandbox.store import Record, Store

_GAP = 16_384


def plant_parts(store: Store, places: list[Place]) -> None:
    """Write what boards and cards carry, and what the cards tell of it."""
    for each in places:
        worn = _labels(store, each.board)
        fields = _custom_fields(store, each.board) if each.board is _first_of(each, places) else []
        for number, card in enumerate(each.cards):
            if falls(number, 3, 1):
                _checklist(store, each, card, number)
            if falls(number, 5, 2):
                _attachment(store, each, card, number)
            if falls(number, 3, 0):
                labels.wear(store, card, worn[: 1 + number // 3 % 3])
            if falls(number, 3, 2):
                _values(store, card, fields)
            recount(store, card)
            store.put("card", card)


def _first_of(each: Place, places: list[Place]) -> Record:
    """Return the first board of the workspace: the only one with custom fields."""
    return next(other.board for other in places if other.workspace is each.workspace)


def _labels(store: Store, board: Record) -> list[str]:
    moment = second_of(board["id"])
    planted = [
        labels.label_record(seed_id(moment, 0x3000 + number), board["id"], name, color)
        for number, (name, color) in enumerate(names.LABELS)
    ]
    for each in planted:
        store.put("label", each)
    return [each["id"] for each in planted]


def _custom_fields(store: Store, board: Record) -> list[Record]:
    moment = second_of(board["id"]) + DAY
    planted = []
    for number, (name, kind) in enumerate(names.CUSTOM_FIELDS):
        field_id = seed_id(moment, 0x3100 + number)
        position = _GAP * (number + 1)
        field = custom_fields.custom_field_record(field_id, board["id"], name, kind, position)
        if kind == "list":
            field["options"] = [
                custom_fields.option_record(
                    seed_id(moment, 0x3200 + place), field_id, text, _GAP * (place + 1), color
                )
                for place, (text, color) in enumerate(names.OPTIONS)
            ]
        store.put("customField", field)
        planted.append(field)
    return planted


def _checklist(store: Store, each: Place, card: Record, number: int) -> None:
    moment = second_of(card["id"]) + HOUR
    name = names.CHECKLISTS[number % len(names.CHECKLISTS)]
    checklist = checklists.checklist_record(seed_id(moment, 0x3300), name, card, _GAP)
    for place, text in enumerate(names.CHECK_ITEMS):
        item_id = seed_id(moment, 0x3400 + place)
        item = check_items.item_record(item_id, text, checklist["id"], _GAP * (place + 1))
        if place < number // 3:
            item["state"] = "complete"
        if place == 1:
            item["due"] = iso(moment + 10 * DAY)
            item["idMember"] = MEMBERS[each.members[number % len(each.members)]].id
        checklist["checkItems"].append(item)
    store.put("checklist", checklist)


def _attachment(store: Store, each: Place, card: Record, number: int) -> None:
    moment = second_of(card["id"]) + 2 * HOUR
    url, name = names.ATTACHMENTS[number // 5 % len(names.ATTACHMENTS)]
    member = MEMBERS[each.members[number % len(each.members)]].id
    attachment_id = seed_id(moment, 0x3500)
    attachment = attachments.attachment_record(attachment_id, url, name, member, _GAP)
    store.put("attachment", attachment, parent=card["id"])


def _values(store: Store, card: Record, fields: list[Record]) -> None:
    moment = second_of(card["id"]) + 3 * HOUR
    number = card["idShort"]
    values = {
        "number": {"number": f"{number}.5"},
        "text": {"text": f"REF-{number:03d} Å"},
        "checkbox": {"checked": "true"},
        "date": {"date": iso(moment + 20 * DAY)},
    }
    for place, field in enumerate(fields):
        item_id = seed_id(moment, 0x3600 + place)
        option = None
        if field["type"] == "list":
            option = field["options"][number % len(field["options"])]["id"]
        value = values.get(field["type"])
        item = custom_field_items.item_record(item_id, card["id"], field["id"], value, option)
        store.put("customFieldItem", item)
