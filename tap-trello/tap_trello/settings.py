"""The settings that everything which talks to Trello shares."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_rest import SettingError
from singer_sdk import typing as th

from tap_trello.client import DEFAULT_API_URL, TrelloClient
from tap_trello.instants import instant_of
from tap_trello.token_file import TokenFile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SIGN_IN_SETTINGS",
    "client_from_settings",
    "start_date_of",
    "token_file_of",
    "token_of",
]

TOKEN_FILE = ".trello-token.json"  # noqa: S105 - a file name

SIGN_IN_SETTINGS = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType,
        required=True,
        secret=True,
        title="API key",
        description="Key of your Power-Up, from https://trello.com/power-ups/admin.",
    ),
    th.Property(
        "token",
        th.StringType,
        secret=True,
        title="Token",
        description="Token of the member that this plugin acts as; if not set, that of "
        "`tap-trello login`.",
    ),
    th.Property(
        "token_file",
        th.StringType,
        default=TOKEN_FILE,
        title="Token file",
        description="File in which `tap-trello login` keeps the token, readable for its owner "
        "only.",
    ),
    th.Property(
        "member_tokens",
        th.ObjectType(additional_properties=th.StringType),
        secret=True,
        title="Member tokens",
        description="Further members' tokens, by member id: footers of their comments count, and "
        "comments can be written as them.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        default=DEFAULT_API_URL,
        title="API address",
        description="Address of the API.",
    ),
)


def client_from_settings(config: Mapping[str, Any]) -> TrelloClient:
    """The client that the sign-in settings describe.

    Raises:
        SettingError: when key or token are missing, or the address is none.
    """
    return TrelloClient(
        config.get("api_key") or "",
        token_of(config),
        base_url=config.get("api_url") or DEFAULT_API_URL,
        member_tokens=config.get("member_tokens"),
        advice="check the setting 'token'" if config.get("token") else "run `tap-trello login`",
    )


def token_of(config: Mapping[str, Any]) -> str:
    """The token that is set, else that of the token file.

    Raises:
        SettingError: when the key or both are missing, or the file's token is of another key.
    """
    if not config.get("api_key"):
        raise SettingError("missing setting 'api_key'")
    return config.get("token") or token_file_of(config).token_for(config["api_key"])


def token_file_of(config: Mapping[str, Any]) -> TokenFile:
    """The token file of the settings."""
    return TokenFile(Path(config.get("token_file") or TOKEN_FILE).expanduser())


def start_date_of(config: Mapping[str, Any]) -> datetime | None:
    """The setting `start_date`: a date or a time; without an offset it counts as UTC.

    Raises:
        SettingError: when it is neither.
    """
    text = config.get("start_date")
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(str(text).strip())
    except ValueError:
        return _time_of(str(text))
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def _time_of(text: str) -> datetime:
    try:
        return instant_of(text)
    except ValueError:
        message = f"setting 'start_date': '{text}' is neither a date nor an ISO 8601 time"
        raise SettingError(message) from None
