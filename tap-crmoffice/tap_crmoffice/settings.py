"""Settings that the tap and the sibling target share, and the client they lead to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_rest import SettingError
from singer_sdk import typing as th

from tap_crmoffice.client import CrmOfficeClient
from tap_crmoffice.contract import API_URL, LARGEST_PAGE, TENANT_URL
from tap_crmoffice.signin import SignIn
from tap_crmoffice.tokens import TokenStore

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SIGN_IN_SETTINGS", "client_from_settings", "sign_in_from_settings"]

TOKEN_FILE = ".crmoffice-token.json"  # noqa: S105 - a file name
TENANT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")

SIGN_IN_SETTINGS = th.PropertiesList(
    th.Property(
        "auth_url",
        th.StringType,
        title="Sign-in address",
        description="The tenant's own host, under which /connect/token lies, "
        "e.g. https://TENANT.crmoffice.no. Wins over `tenant`.",
    ),
    th.Property(
        "tenant",
        th.StringType,
        title="Tenant",
        description="Name of the tenant, short for the auth_url https://TENANT.crmoffice.no.",
    ),
    th.Property("client_id", th.StringType, title="Client id", description="OAuth client id."),
    th.Property(
        "client_secret",
        th.StringType,
        secret=True,
        title="Client secret",
        description="OAuth client secret.",
    ),
    th.Property(
        "refresh_token",
        th.StringType,
        secret=True,
        title="Refresh token",
        description="First refresh token of a sign-in with the scopes `crmoffice offline_access`. "
        "Newer ones are kept in token_file; a newly set one wins over them.",
    ),
    th.Property(
        "access_token",
        th.StringType,
        secret=True,
        title="Access token",
        description="A pasted access token, used until it expires or is refused; enough on its "
        "own for a first try.",
    ),
    th.Property(
        "token_file",
        th.StringType,
        default=TOKEN_FILE,
        title="Token file",
        description="File in which newer tokens survive to the next run, readable for its owner "
        "only. Plugins that share a sign-in must share this file.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        default=API_URL,
        title="API address",
        description="Address below which the resources lie; https, or http on this machine.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=LARGEST_PAGE),
        default=100,
        title="Page size",
        description=f"Records per page of a list, at most {LARGEST_PAGE}.",
    ),
)


def sign_in_from_settings(config: Mapping[str, Any]) -> SignIn:
    """The sign-in of the settings; without any request.

    Raises:
        SettingError: naming what is missing for a sign-in.
    """
    refresh_settings = {
        "auth_url (or tenant)": config.get("auth_url") or config.get("tenant"),
        "client_id": config.get("client_id"),
        "client_secret": config.get("client_secret"),
        "refresh_token": config.get("refresh_token"),
    }
    missing = [name for name, value in refresh_settings.items() if not value]
    access_token = config.get("access_token") or ""
    if missing and not access_token:
        raise SettingError(
            f"no sign-in to CRMOffice: missing {', '.join(missing)}; "
            "alternatively set an access_token"
        )
    return SignIn(
        token_file=Path(config.get("token_file") or TOKEN_FILE).expanduser(),
        auth_url=None if missing else _auth_url(config),
        client_id=config.get("client_id") or "",
        client_secret=config.get("client_secret") or "",
        refresh_token=config.get("refresh_token") or "",
        access_token=access_token,
    )


def client_from_settings(config: Mapping[str, Any]) -> CrmOfficeClient:
    """A client for the settings; without any request.

    Raises:
        SettingError: naming what is missing or wrong.
    """
    return CrmOfficeClient(
        config.get("api_url") or API_URL,
        TokenStore(sign_in_from_settings(config)),
        page_size=config.get("page_size") or LARGEST_PAGE,
    )


def _auth_url(config: Mapping[str, Any]) -> str:
    if config.get("auth_url"):
        return str(config["auth_url"])
    tenant = str(config["tenant"])
    if not TENANT.fullmatch(tenant):
        raise SettingError(
            f"setting 'tenant' is wrong: '{tenant}' is not the TENANT of "
            f"{TENANT_URL.format(tenant='TENANT')}"
        )
    return TENANT_URL.format(tenant=tenant)
