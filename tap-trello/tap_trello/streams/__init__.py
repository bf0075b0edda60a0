"""The streams."""

from __future__ import annotations

from tap_trello.streams.actions import ActionsStream
from tap_trello.streams.boards import (
    BoardCustomFieldsStream,
    BoardLabelsStream,
    BoardMembershipsStream,
    BoardsStream,
    ChecklistsStream,
    ListsStream,
)
from tap_trello.streams.cards import (
    CardAttachmentsStream,
    CardCustomFieldItemsStream,
    CardsStream,
)
from tap_trello.streams.members import MembersStream, TokenMemberStream
from tap_trello.streams.organizations import (
    OrganizationActionsStream,
    OrganizationMembershipsStream,
    OrganizationMembersStream,
    OrganizationsStream,
)

__all__ = ["STREAMS"]

STREAMS = (
    OrganizationsStream,
    TokenMemberStream,
    MembersStream,
    OrganizationMembershipsStream,
    OrganizationMembersStream,
    BoardsStream,
    BoardMembershipsStream,
    BoardLabelsStream,
    BoardCustomFieldsStream,
    ListsStream,
    CardsStream,
    CardAttachmentsStream,
    CardCustomFieldItemsStream,
    ChecklistsStream,
    ActionsStream,
    OrganizationActionsStream,
)
"""All streams, parents first: a target that links records wants to know them in this order."""
