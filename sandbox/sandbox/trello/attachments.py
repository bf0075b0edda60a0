"""Attachments of cards: links to what lies elsewhere; the sandbox takes no files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import iso
from sandbox.trello.object_ids import second_of
from sandbox.trello.permissions import find_card
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()


@routes.add("GET", "/cards/{id}/attachments", "fields", "filter")
def card_attachments(call: Call) -> list[Record]:
    """Show the attachments of a card, with ``filter=cover`` only the one on its cover."""
    card = find_card(call, call.path["id"])
    attachments = call.store.children("attachment", card["id"])
    if call.text("filter") == "cover":
        attachments = [each for each in attachments if each["id"] == card["idAttachmentCover"]]
    return [call.chosen(each, None) for each in attachments]


def attachment_record(record_id: str, url: str, name: str, member: str, position: float) -> Record:
    """Return a whole attachment that is a link."""
    return {
        "id": record_id,
        "bytes": None,
        "date": iso(second_of(record_id)),
        "edgeColor": None,
        "idMember": member,
        "isUpload": False,
        "mimeType": "",
        "name": name,
        "previews": [],
        "url": url,
        "pos": position,
        "fileName": None,
    }
