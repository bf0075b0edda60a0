"""Which records stand beside which on the page, and what of them is shown and can be edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.traffic import System

__all__ = ["COMMENT", "SECTIONS", "Field", "Section", "Side"]

COMMENT = "comment"
"""The kind under which comments are found; the store keeps them among the actions."""


@dataclass(frozen=True)
class Field:
    """A property of a record.

    Attributes:
        path: where it stands in the record, as `company.id`.
        form: how it is edited.
        name: what people and requests that change it call it, if not by its path.
        fixed: why no request can change it; empty if one can.
    """

    path: str
    form: Literal["text", "lines", "time", "user"] = "text"
    name: str = ""
    fixed: str = ""


@dataclass(frozen=True)
class Side:
    """The records of one system in a section.

    Attributes:
        title: what people call such records.
        one: what they call one of them.
        kind: what the store calls them.
        stream: what the sync calls them.
        address: the API's address under which one of them is changed, without its id.
        method: the HTTP method of such a request; empty where there is none.
        fields: what is shown, first what a record is recognised by.
    """

    title: str
    one: str
    kind: str
    stream: str
    address: str
    method: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Section:
    """Records of both systems that belong together.

    Attributes:
        name: in addresses.
        in_step: which properties the sync keeps in step.
    """

    name: str
    in_step: str
    crmoffice: Side
    trello: Side

    def side(self, system: System) -> Side:
        """The side of one system."""
        return self.crmoffice if system == "crmoffice" else self.trello


_BY_TRELLO = "Trello sets it for good when the comment is written"
_NO_WAY = "CRMOffice's API can only read users"

_MEMBERS = Side(
    title="members",
    one="member",
    kind="member",
    stream="members",
    address="/trello/1/members",
    method="PUT",
    fields=(
        Field("fullName"),
        Field("username"),
        Field("initials"),
    ),
)

SECTIONS = (
    Section(
        "activities",
        "subject = the comment's text, startsAt = date (the footer's line Starts), "
        "ownerId = memberCreator.id (its line Owner)",
        Side(
            title="activities",
            one="activity",
            kind="activities",
            stream="activities",
            address="/crmoffice/activities",
            method="PATCH",
            fields=(
                Field("subject"),
                Field("startsAt", "time"),
                Field("endsAt", "time"),
                Field("ownerId", "user"),
            ),
        ),
        Side(
            title="comments",
            one="comment",
            kind=COMMENT,
            stream="actions",
            address="/trello/1/actions",
            method="PUT",
            fields=(
                Field("data.text", "lines", name="text"),
                Field("date", "time", fixed=_BY_TRELLO),
                Field("memberCreator", fixed=_BY_TRELLO),
                Field("data.card.name", name="card", fixed="a comment stays on its card"),
            ),
        ),
    ),
    Section(
        "contacts",
        "givenName and familyName = fullName; email and company.id to invite",
        Side(
            title="contacts",
            one="contact",
            kind="contacts",
            stream="contacts",
            address="/crmoffice/contacts",
            method="PATCH",
            fields=(Field("givenName"), Field("familyName"), Field("email"), Field("company.id")),
        ),
        _MEMBERS,
    ),
    Section(
        "companies",
        "name = displayName, website = website",
        Side(
            title="companies",
            one="company",
            kind="companies",
            stream="companies",
            address="/crmoffice/companies",
            method="PATCH",
            fields=(Field("name"), Field("orgNr"), Field("website")),
        ),
        Side(
            title="workspaces",
            one="workspace",
            kind="organization",
            stream="organizations",
            address="/trello/1/organizations",
            method="PUT",
            fields=(Field("displayName"), Field("name"), Field("website")),
        ),
    ),
    Section(
        "users",
        "linked only, so that owners can be translated",
        Side(
            title="users",
            one="user",
            kind="users",
            stream="users",
            address="/crmoffice/users",
            method="",
            fields=(
                Field("fullName", fixed=_NO_WAY),
                Field("userName", fixed=_NO_WAY),
                Field("email", fixed=_NO_WAY),
            ),
        ),
        _MEMBERS,
    ),
)
