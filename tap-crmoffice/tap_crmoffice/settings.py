"""Settings that the tap and the sibling target share, and the client they lead to."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_rest import SettingError
from singer_sdk import typing as th

from tap_crmoffice.client import CrmOfficeClient
from tap_crmoffice.contract import API_URL, LARGEST_PAGE, TENANT_URL
from tap_crmoffice.signin import SignIn
from tap_crmoffice.token_file import TokenFile
from tap_crmoffice.tokens import TokenStore

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SIGN_IN_SETTINGS",
    "client_from_settings",
    "sign_in_from_settings",
    "sign_in_to_begin",
]

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
        description="First refresh token of a sign-in with the scopes `crmoffice offline_access`, "
        "where `tap-crmoffice login` does not make it. Newer ones are kept in token_file; a newly "
        "set one wins over them.",
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
        description="File in which the tokens of `tap-crmoffice login`, and newer ones, survive to "
        "the next run, readable for its owner only. Plugins that share a sign-in must share this "
        "file.",
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
    """The sign-in of the settings, or of the token file; without any request.

    Raises:
        SettingError: naming what is missing for a sign-in.
    """
    missing = _missing_of_client(config)
    sign_in = _sign_in(config, None if missing else _auth_url(config))
    if sign_in.auth_url and (sign_in.refresh_token or TokenFile(sign_in).read().refresh_token):
        return sign_in
    if sign_in.access_token:
        return replace(sign_in, auth_url=None)
    if missing:
        raise SettingError(
            f"no sign-in to CRMOffice: missing {missing}; alternatively set an access_token"
        )
    raise SettingError(
        "no sign-in to CRMOffice yet: run `tap-crmoffice login`, or set a refresh_token or an "
        "access_token"
    )


def sign_in_to_begin(config: Mapping[str, Any]) -> SignIn:
    """What the settings say about a sign-in in the browser, which gives the tokens.

    Raises:
        SettingError: naming what is missing for it.
    """
    missing = _missing_of_client(config)
    if missing:
        raise SettingError(f"to sign in to CRMOffice set {missing}")
    return _sign_in(config, _auth_url(config))


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


def _missing_of_client(config: Mapping[str, Any]) -> str:
    client = {
        "auth_url (or tenant)": config.get("auth_url") or config.get("tenant"),
        "client_id": config.get("client_id"),
        "client_secret": config.get("client_secret"),
    }
    return ", ".join(name for name, value in client.items() if not value)


def _sign_in(config: Mapping[str, Any], auth_url: str | None) -> SignIn:
    return SignIn(
        token_file=Path(config.get("token_file") or TOKEN_FILE).expanduser(),
        auth_url=auth_url,
        client_id=config.get("client_id") or "",
        client_secret=config.get("client_secret") or "",
        refresh_token=config.get("refresh_token") or "",
        access_token=config.get("access_token") or "",
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
