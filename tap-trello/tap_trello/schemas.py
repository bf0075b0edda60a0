"""Schemas of the streams.

They name what Trello is known to answer and stay open for what it adds: unknown properties pass
through, at the top and in nested objects. Every property but the key may be null.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from singer_sdk import typing as th

__all__ = [
    "ACTIONS",
    "BOARDS",
    "BOARD_CUSTOM_FIELDS",
    "BOARD_LABELS",
    "BOARD_MEMBERSHIPS",
    "CARDS",
    "CARD_ATTACHMENTS",
    "CARD_CUSTOM_FIELD_ITEMS",
    "CHECKLISTS",
    "LISTS",
    "MEMBERS",
    "ORGANIZATIONS",
    "ORGANIZATION_ACTIONS",
    "ORGANIZATION_MEMBERS",
    "ORGANIZATION_MEMBERSHIPS",
    "actions_schema",
]

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


def key(name: str) -> th.Property[Any]:
    """A text that belongs to a key."""
    return th.Property(name, th.StringType, required=True)


PLACE = open_object(*properties(TEXT, "id", "name", "shortLink"))
NAMED = open_object(*properties(TEXT, "id", "name"))
PERSON = open_object(*properties(TEXT, "id", "username", "fullName", "initials", "avatarUrl"))

ORGANIZATIONS = schema(
    *properties(TEXT, "name", "displayName", "desc", "website", "url", "logoHash", "logoUrl"),
    *properties(TEXT, "offering"),
    *properties(TEXT, "idEnterprise", "idMemberCreator", "teamType", "ixUpdate"),
    *properties(ANYTHING, "descData", "prefs", "limits"),
    *properties(TEXTS, "idBoards", "premiumFeatures"),
    *properties(th.ArrayType(NUMBER), "products", "powerUps"),
    *properties(INTEGER, "membersCount"),
    *properties(TIME, "dateLastActivity"),
)

PROFILE = (
    *properties(TEXT, "username", "fullName", "initials", "email", "memberType", "bio"),
    *properties(TEXT, "avatarHash", "avatarUrl", "idMemberReferrer", "status", "url"),
    *properties(TEXT, "avatarSource", "gravatarHash", "uploadedAvatarHash", "uploadedAvatarUrl"),
    *properties(TEXT, "aaId", "aaEmail", "idEnterprise", "ixUpdate"),
    *properties(FLAG, "confirmed", "activityBlocked", "nonPublicAvailable", "isAaMastered"),
    *properties(ANYTHING, "bioData", "nonPublic", "prefs", "limits"),
    *properties(TEXTS, "loginTypes", "idOrganizations", "idBoards", "premiumFeatures"),
    *properties(TEXTS, "idEnterprisesAdmin", "idEnterprisesDeactivated", "idPremOrgsAdmin"),
    *properties(th.ArrayType(NUMBER), "products"),
)
MEMBERS = schema(*PROFILE, *properties(FLAG, "tokenOwner"))
ORGANIZATION_MEMBERS = schema(key("idOrganization"), *PROFILE)

MEMBERSHIP = (
    *properties(TEXT, "idMember", "memberType"),
    *properties(FLAG, "unconfirmed", "deactivated"),
)
ORGANIZATION_MEMBERSHIPS = schema(*MEMBERSHIP, *properties(TEXT, "idOrganization"))
BOARD_MEMBERSHIPS = schema(*MEMBERSHIP, *properties(TEXT, "idBoard"))

BOARDS = schema(
    *properties(TEXT, "name", "desc", "idOrganization", "idEnterprise", "shortLink", "shortUrl"),
    *properties(TEXT, "url"),
    *properties(TEXT, "idMemberCreator", "idBoardSource", "creationMethod", "ixUpdate"),
    *properties(FLAG, "closed", "pinned", "starred", "subscribed", "enterpriseOwned"),
    *properties(ANYTHING, "descData", "prefs", "labelNames", "templateGallery", "limits"),
    *properties(TEXTS, "idTags", "premiumFeatures"),
    *properties(TIME, "dateLastActivity", "dateLastView", "dateClosed", "datePluginDisable"),
)

BOARD_LABELS = schema(
    *properties(TEXT, "idBoard", "name", "color"),
    *properties(INTEGER, "uses"),
)

OPTION = open_object(
    *properties(TEXT, "id", "idCustomField", "color"),
    *properties(ANYTHING, "value"),
    *properties(NUMBER, "pos"),
)
BOARD_CUSTOM_FIELDS = schema(
    *properties(TEXT, "idModel", "modelType", "fieldGroup", "name", "type"),
    *properties(NUMBER, "pos"),
    *properties(ANYTHING, "display"),
    *properties(th.ArrayType(OPTION), "options"),
    *properties(FLAG, "isSuggestedField"),
)

LISTS = schema(
    *properties(TEXT, "name", "idBoard", "color", "type"),
    *properties(FLAG, "closed", "subscribed"),
    *properties(NUMBER, "pos", "softLimit"),
    *properties(ANYTHING, "datasource"),
)

CARDS = schema(
    *properties(TEXT, "name", "desc", "idBoard", "idList", "shortLink", "shortUrl", "url"),
    *properties(INTEGER, "idShort"),
    *properties(NUMBER, "pos"),
    *properties(NUMBER, "dueReminder"),
    *properties(TEXT, "email", "idAttachmentCover", "cardRole", "creationMethod"),
    *properties(TEXT, "mirrorSourceId", "address", "locationName"),
    *properties(FLAG, "closed", "dueComplete", "subscribed", "isTemplate"),
    *properties(FLAG, "manualCoverAttachment"),
    *properties(TEXTS, "idMembers", "idLabels", "idChecklists", "idMembersVoted"),
    *properties(OBJECTS, "labels", "checkItemStates"),
    *properties(ANYTHING, "badges", "descData", "cover", "limits"),
    *properties(TIME, "start", "due", "dateLastActivity"),
)

CARD_ATTACHMENTS = schema(
    *properties(TEXT, "idCard", "idBoard", "idMember", "name", "fileName", "mimeType", "url"),
    *properties(TEXT, "edgeColor"),
    *properties(INTEGER, "bytes"),
    *properties(NUMBER, "pos"),
    *properties(FLAG, "isUpload"),
    *properties(TIME, "date"),
    *properties(OBJECTS, "previews"),
)

CARD_CUSTOM_FIELD_ITEMS = schema(
    *properties(TEXT, "idCard", "idBoard", "idCustomField", "idValue", "idModel", "modelType"),
    th.Property("value", open_object(*properties(TEXT, "text", "number", "date", "checked"))),
)

CHECK_ITEM = open_object(
    *properties(TEXT, "id", "name", "state", "idChecklist", "idMember"),
    *properties(ANYTHING, "nameData"),
    *properties(NUMBER, "pos", "dueReminder"),
    *properties(TIME, "due"),
)
CHECKLISTS = schema(
    *properties(TEXT, "name", "idBoard", "idCard"),
    *properties(NUMBER, "pos"),
    *properties(th.ArrayType(CHECK_ITEM), "checkItems"),
)

RAW_ACTION = (
    *properties(TEXT, "idMemberCreator", "type"),
    *properties(TIME, "date"),
    th.Property(
        "data",
        open_object(
            *properties(TEXT, "text"),
            *properties(TIME, "dateLastEdited"),
            *properties(PLACE, "card", "board", "cardSource", "boardSource"),
            *properties(NAMED, "list", "listBefore", "listAfter", "organization", "member"),
            *properties(TEXT, "idMember"),
            *properties(ANYTHING, "textData", "old", "attachment", "checklist", "checkItem"),
        ),
    ),
    *properties(PERSON, "memberCreator", "member"),
    *properties(ANYTHING, "appCreator", "limits"),
)
ACTIONS = schema(*RAW_ACTION)
ORGANIZATION_ACTIONS = schema(*RAW_ACTION, *properties(TEXT, "idOrganization"))
READ_ACTIONS = schema(
    *RAW_ACTION,
    th.Property("footer", open_object(*properties(TEXT, "starts", "owner", "record", "label"))),
    *properties(TEXTS, "unstated"),
)


def actions_schema(*, read_footers: bool) -> Schema:
    """The schema of actions, with what reading footers adds."""
    return READ_ACTIONS if read_footers else ACTIONS
