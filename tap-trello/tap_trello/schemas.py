"""Schemas of the streams.

They name what Trello is known to answer and stay open for what it adds: unknown properties pass
through, at the top and in nested objects. Every property but the key may be null.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from singer_sdk import typing as th

__all__ = ["ACTIONS", "BOARDS", "CARDS", "LISTS", "MEMBERS", "ORGANIZATIONS", "actions_schema"]

Schema: TypeAlias = dict[str, Any]
Type: TypeAlias = th.JSONTypeHelper[Any] | type[th.JSONTypeHelper[Any]]

TEXT, FLAG, NUMBER, INTEGER, TIME = (
    th.StringType,
    th.BooleanType,
    th.NumberType,
    th.IntegerType,
    th.DateTimeType,
)
# Not th.ObjectType: that says `properties: {}`, and flattening makes no column of it.
ANYTHING = th.CustomType({"type": ["object", "null"]})
TEXTS = th.ArrayType(th.StringType)
OBJECTS = th.ArrayType(ANYTHING)
ID = th.Property("id", th.StringType, required=True)


def properties(kind: Type, *names: str) -> list[th.Property[Any]]:
    """Properties of one type."""
    return [th.Property(name, kind) for name in names]


def open_object(*members: th.Property[Any]) -> th.ObjectType:
    """An object that may have further properties."""
    return th.ObjectType(*members, additional_properties=True)


def schema(*members: th.Property[Any]) -> Schema:
    """The schema of a stream whose key is `id`."""
    return open_object(ID, *members).to_dict()


PLACE = open_object(*properties(TEXT, "id", "name", "shortLink"))
PERSON = open_object(*properties(TEXT, "id", "username", "fullName", "initials", "avatarUrl"))

ORGANIZATIONS = schema(
    *properties(TEXT, "name", "displayName", "desc", "website", "url", "logoHash", "logoUrl"),
    *properties(TEXT, "offering"),
    *properties(ANYTHING, "descData", "prefs"),
    *properties(TEXTS, "idBoards", "premiumFeatures"),
    *properties(th.ArrayType(NUMBER), "products", "powerUps"),
    *properties(INTEGER, "membersCount"),
    *properties(TIME, "dateLastActivity"),
)

MEMBERS = schema(
    *properties(TEXT, "username", "fullName", "initials", "email", "memberType", "bio"),
    *properties(TEXT, "avatarHash", "avatarUrl", "idMemberReferrer", "status", "url"),
    *properties(FLAG, "confirmed", "activityBlocked", "nonPublicAvailable", "tokenOwner"),
    *properties(ANYTHING, "bioData", "nonPublic", "prefs"),
    *properties(TEXTS, "loginTypes", "idOrganizations", "idBoards"),
)

BOARDS = schema(
    *properties(TEXT, "name", "desc", "idOrganization", "idEnterprise", "shortLink", "shortUrl"),
    *properties(TEXT, "url"),
    *properties(FLAG, "closed", "pinned", "starred"),
    *properties(ANYTHING, "descData", "prefs", "labelNames"),
    *properties(TIME, "dateLastActivity", "dateLastView"),
)

LISTS = schema(
    *properties(TEXT, "name", "idBoard"),
    *properties(FLAG, "closed", "subscribed"),
    *properties(NUMBER, "pos", "softLimit"),
)

CARDS = schema(
    *properties(TEXT, "name", "desc", "idBoard", "idList", "shortLink", "shortUrl", "url"),
    *properties(INTEGER, "idShort"),
    *properties(NUMBER, "pos"),
    *properties(FLAG, "closed", "dueComplete"),
    *properties(TEXTS, "idMembers", "idLabels"),
    *properties(OBJECTS, "labels"),
    *properties(ANYTHING, "badges"),
    *properties(TIME, "start", "due", "dateLastActivity"),
)

RAW_ACTION = (
    *properties(TEXT, "idMemberCreator", "type"),
    *properties(TIME, "date"),
    th.Property(
        "data",
        open_object(
            *properties(TEXT, "text"),
            *properties(TIME, "dateLastEdited"),
            *properties(PLACE, "card", "list", "board", "organization"),
            *properties(ANYTHING, "textData", "old"),
        ),
    ),
    *properties(PERSON, "memberCreator", "member"),
    *properties(ANYTHING, "appCreator", "limits"),
)
ACTIONS = schema(*RAW_ACTION)
READ_ACTIONS = schema(
    *RAW_ACTION,
    th.Property("footer", open_object(*properties(TEXT, "starts", "owner", "record", "label"))),
    *properties(TEXTS, "unstated"),
)


def actions_schema(*, read_footers: bool) -> Schema:
    """The schema of actions, with what reading footers adds."""
    return READ_ACTIONS if read_footers else ACTIONS
