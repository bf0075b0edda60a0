"""The target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import DestinationStream, Facts, LinkedTarget, linked_settings
from singer_sdk import typing as th
from tap_trello.settings import SIGN_IN_SETTINGS, client_from_settings, token_of

from target_trello.account import RememberingAccount
from target_trello.actions import Actions
from target_trello.comment_card import CommentCard
from target_trello.comment_text import label_of
from target_trello.earlier_comments import EarlierComments
from target_trello.members import Members
from target_trello.organizations import Organizations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TargetTrello"]

SETTINGS = th.PropertiesList(
    *SIGN_IN_SETTINGS,
    th.Property(
        "card_id",
        th.StringType,
        title="Card",
        description="Id or short link of the card that comments are written on where a record "
        "names none. If not set, a board, a list and a card are made once and remembered.",
    ),
    th.Property(
        "organization_id",
        th.StringType,
        title="Workspace",
        description="Id or short name of the workspace for that board, and for invited people "
        "whose record names none.",
    ),
    th.Property(
        "create_members",
        th.StringType,
        allowed_values=["invite", "never"],
        default="never",
        title="Create members",
        description="Whether people without a member are invited by e-mail: 'invite' or 'never'. "
        "An invitation is a real e-mail and counts towards a paid plan.",
    ),
)


class TargetTrello(LinkedTarget):
    """Upserts workspaces, members and comments into Trello by linked ids."""

    name = "target-trello"
    system: ClassVar[str] = "trello"
    default_source: ClassVar[str] = "crmoffice"
    default_references: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "members": {"idOrganization": "companies"},
        "actions": {"memberCreator__id": "users"},
    }
    default_reference_keys: ClassVar[Mapping[str, Sequence[str]]] = {"users": ["userName"]}
    user_streams: ClassVar[tuple[str, str]] = ("users", "members")
    default_edited_at: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("companies", "contacts", "activities"), "updatedAt"
    )

    config_jsonschema: ClassVar[dict[str, Any]] = linked_settings(
        SETTINGS, default_source=default_source
    )

    def open_streams(self, facts: Facts) -> Sequence[DestinationStream]:
        """Organizations, members and actions, which share one account."""
        config = self.config
        self.client = client_from_settings(config)
        account = RememberingAccount(self.client, facts, token_of(config))
        organization = config.get("organization_id")
        card = CommentCard(
            account, facts, label=label_of(config["source"]), organization_id=organization
        )
        return [
            Organizations(account),
            Members(
                account,
                invites=config["create_members"] == "invite",
                organization_id=organization,
            ),
            Actions(account, card, config.get("card_id"), EarlierComments(account, facts)),
        ]

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check each setting, then whether they suffice for a sign-in."""
        errors: list[str] = super()._validate_config(raise_errors=raise_errors)
        if raise_errors:
            client_from_settings(self.config)
        return errors
