"""Attachments of cards: links to what lies elsewhere; the sandbox takes no files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.clock import iso, now_ms
from sandbox.trello.card_deeds import done
from sandbox.trello.errors import invalid_value, not_found
from sandbox.trello.object_ids import new_id, second_of
from sandbox.trello.permissions import find_card
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record
    from sandbox.trello.routing import Call

routes = Routes()

_GAP = 16_384


@routes.add("GET", "/cards/{id}/attachments", "fields", "filter")
def card_attachments(call: Call) -> list[Record]:
    """Show the attachments of a card, with ``filter=cover`` only the one on its cover."""
    card = find_card(call, call.path["id"])
    attachments = call.store.children("attachment", card["id"])
    if call.text("filter") == "cover":
        attachments = [each for each in attachments if each["id"] == card["idAttachmentCover"]]
    return [call.chosen(each, None) for each in attachments]


@routes.add("POST", "/cards/{id}/attachments", "url", "name", "mimeType", "setCover")
def attach(call: Call) -> Record:
    """Attach a link to a card."""
    card = find_card(call, call.path["id"], write=True)
    url = call.required("url").strip()
    if re.fullmatch(r"https?://\S+", url) is None:
        raise invalid_value("url")
    siblings = call.store.children("attachment", card["id"])
    position = (siblings[-1]["pos"] if siblings else 0) + _GAP
    name = call.text("name").strip() or url
    attachment = attachment_record(new_id(now_ms()), url, name, call.caller, position)
    attachment["mimeType"] = call.text("mimeType")
    call.store.put("attachment", attachment, parent=card["id"])
    if call.flag("setCover", default=False):
        card["idAttachmentCover"] = attachment["id"]
    done(call, card, "addAttachmentToCard", {"attachment": _told(attachment)})
    return attachment


@routes.add("DELETE", "/cards/{id}/attachments/{idAttachment}")
def detach(call: Call) -> Record:
    """Remove an attachment from a card."""
    card = find_card(call, call.path["id"], write=True)
    attachment = call.store.get("attachment", call.path["idAttachment"])
    if attachment is None or attachment not in call.store.children("attachment", card["id"]):
        raise not_found()
    call.store.delete("attachment", attachment["id"])
    if card["idAttachmentCover"] == attachment["id"]:
        card["idAttachmentCover"] = None
    told = {key: attachment[key] for key in ("id", "name")}
    done(call, card, "deleteAttachmentFromCard", {"attachment": told})
    return {"limits": {}}


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


def _told(attachment: Record) -> Record:
    return {key: attachment[key] for key in ("id", "name", "url")}
