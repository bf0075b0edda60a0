"""The two systems as a person sees them: their newest records, in tables."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from sandbox.pages import document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.store import Record, Store

__all__ = ["look_at_crmoffice", "look_at_trello"]

NEWEST = 100
LONGEST = 300  # characters of a value
_OTHER = '<p><a href="/look/crmoffice">CRMOffice</a> · <a href="/look/trello">Trello</a></p>'
_NEWEST_RECORDS = "SELECT body FROM records WHERE kind = ? ORDER BY sort DESC, id DESC LIMIT ?"
_NEWEST_COMMENTS = (
    "SELECT body FROM actions WHERE type = 'commentCard' ORDER BY at DESC, id DESC LIMIT ?"
)


def look_at_crmoffice(store: Store) -> str:
    """Return a page with the newest activities, contacts and companies."""
    columns = {
        "activities": ("id", "subject", "ownerId", "startsAt", "updatedAt"),
        "contacts": ("id", "givenName", "familyName", "email", "company.id"),
        "companies": ("id", "name", "orgNr", "website"),
    }
    sections = (
        _section(kind, store.bodies(_NEWEST_RECORDS, (kind, NEWEST)), names)
        for kind, names in columns.items()
    )
    return document("CRMOffice in the sandbox", _OTHER + "".join(sections))


def look_at_trello(store: Store) -> str:
    """Return a page with the newest comments, members and workspaces."""
    comments = store.bodies(_NEWEST_COMMENTS, (NEWEST,))
    members = {member["id"]: member for member in store.bodies(_NEWEST_RECORDS, ("member", -1))}
    for comment in comments:
        author = members.get(comment["idMemberCreator"], {})
        comment["author"] = f"@{author.get('username')}"
    sections = (
        _section("comments", comments, ("id", "author", "date", "data.text")),
        _section("members", list(members.values())[:NEWEST], ("id", "username", "fullName")),
        _section(
            "workspaces",
            store.bodies(_NEWEST_RECORDS, ("organization", NEWEST)),
            ("id", "displayName", "name", "website"),
        ),
    )
    return document("Trello in the sandbox", _OTHER + "".join(sections))


def _section(title: str, records: Sequence[Record], names: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_cell(record, name)}</td>' for name in names)}</tr>"
        for record in records
    )
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{rows}</table>"


def _cell(record: Record, name: str) -> str:
    value: Any = record
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return ""
    text = str(value)
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return escape(shown).replace("\n", "<br>")
