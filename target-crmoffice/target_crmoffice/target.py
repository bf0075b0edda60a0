"""The target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from linked_target import DestinationStream, Facts, LinkedTarget, linked_settings
from tap_crmoffice.settings import SIGN_IN_SETTINGS, client_from_settings
from typing_extensions import override

from target_crmoffice.destinations import Activities, Companies, Contacts, Users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TargetCrmOffice"]


class TargetCrmOffice(LinkedTarget):
    """Upserts companies, contacts and activities into CRMOffice by linked ids."""

    name = "target-crmoffice"
    system: ClassVar[str] = "crmoffice"
    default_source: ClassVar[str] = "trello"
    default_references: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "contacts": {"company__id": "organizations"},
        "activities": {
            "ownerId": "members",
            "company__id": "organizations",
            "contact__id": "members",
        },
    }
    default_reference_keys: ClassVar[Mapping[str, Sequence[str]]] = {"members": ["username"]}
    user_streams: ClassVar[tuple[str, str]] = ("members", "users")
    user_map_inverted: ClassVar[bool] = True
    default_edited_at: ClassVar[Mapping[str, str]] = {"actions": "data.dateLastEdited"}

    config_jsonschema: ClassVar[dict[str, Any]] = linked_settings(
        SIGN_IN_SETTINGS, default_source=default_source
    )

    @override
    def open_streams(self, facts: Facts) -> Sequence[DestinationStream]:
        self.client = client = client_from_settings(self.config)
        users = Users(client)
        return [Companies(client), users, Contacts(client), Activities(client, users)]

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check each setting, then whether they suffice for a sign-in."""
        errors: list[str] = super()._validate_config(raise_errors=raise_errors)
        if raise_errors:
            client_from_settings(self.config)
        return errors
