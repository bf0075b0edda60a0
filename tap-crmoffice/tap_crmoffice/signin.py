"""What the settings say about signing in, and the requests that give access tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from singer_rest import OutcomeUnknown, RecordRefused, RestClient, StopRun

from tap_crmoffice.contract import BAD_CLIENT, BAD_GRANT, CODE_GRANT, REFRESH_GRANT, TOKEN_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import requests

    from tap_crmoffice.authorization import Authorization

__all__ = ["GrantRefused", "GrantedTokens", "SignIn", "TokenEndpoint", "digest", "expiry_of"]

NOT_TOLD = frozenset({"refresh_token", "code", "code_verifier"})


@dataclass(frozen=True)
class SignIn:
    """The sign-in settings, checked.

    Attributes:
        token_file: where newer tokens are kept.
        auth_url: host under which the token endpoint lies; None if tokens can't be renewed.
        access_token: a pasted token, used until it is refused.
    """

    token_file: Path
    auth_url: str | None = None
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)

    @property
    def origin(self) -> str:
        """A digest of what stored tokens descend from: a newly set refresh token gives another."""
        parts = (self.auth_url or "", self.client_id, self.refresh_token)
        return digest("\n".join(parts))

    @property
    def client(self) -> str:
        """A digest of the client, whatever refresh token it has."""
        return digest("\n".join((self.auth_url or "", self.client_id)))


@dataclass(frozen=True)
class GrantedTokens:
    """The token endpoint's answer.

    Attributes:
        lifetime: seconds for which the access token is valid, or None when the answer is silent.
        refresh_token: the next refresh token; None means that the old one stays.
    """

    access_token: str = field(repr=False)
    lifetime: float | None
    refresh_token: str | None = field(repr=False)


class GrantRefused(StopRun):
    """The refresh token is not accepted (any more)."""


class TokenEndpoint(RestClient):
    """The tenant's token endpoint."""

    def __init__(self, sign_in: SignIn, *, backoff: float = 0.5) -> None:
        super().__init__(
            sign_in.auth_url or "", name="CRMOffice's sign-in", backoff=backoff, attempts=4
        )
        self._sign_in = sign_in
        self._sent: tuple[str, ...] = ()

    def secrets(self) -> Iterable[str]:
        """What was sent last, and what the settings hold."""
        return (self._sign_in.client_secret, self._sign_in.refresh_token, *self._sent)

    def is_sign_in_refused(self, response: requests.Response) -> bool:
        """Never: here a 401 concerns the client's id and secret, told by `refresh`."""
        del response
        return False

    def words_of(self, response: requests.Response) -> str:
        """The OAuth error's code, which decides what to do, else the answer's words."""
        try:
            code = response.json().get("error")
        except (ValueError, AttributeError):
            code = None
        return str(code) if code else super().words_of(response)

    def refresh(self, refresh_token: str) -> GrantedTokens:
        """Exchange a refresh token for an access token.

        Raises:
            GrantRefused: the refresh token is not accepted.
            StopRun: the client is not accepted, or the endpoint can't be used.
        """
        refused = GrantRefused(
            "CRMOffice doesn't accept the refresh token (any more): run `tap-crmoffice login`, or "
            "set a new refresh_token"
        )
        form = {"grant_type": REFRESH_GRANT, "refresh_token": refresh_token}
        return self._granted(form, refused, repeatable=True)

    def trade(self, code: str, authorization: Authorization) -> GrantedTokens:
        """Exchange the code of a sign-in in the browser for tokens; it can be done once.

        Raises:
            StopRun: the code or the client is not accepted, no refresh token comes with it, or the
                endpoint can't be used.
        """
        form = {
            "grant_type": CODE_GRANT,
            "code": code,
            "redirect_uri": authorization.redirect_uri,
            "code_verifier": authorization.verifier,
        }
        refused = StopRun("CRMOffice doesn't accept the code of this sign-in: start it again")
        try:
            granted = self._granted(form, refused, repeatable=False)
        except OutcomeUnknown as unknown:
            raise StopRun(f"{unknown}: start the sign-in again") from None
        if not granted.refresh_token:
            raise StopRun(
                "CRMOffice gives no refresh token, so the sign-in would end within the hour: the "
                "client must be allowed the scope offline_access"
            )
        return granted

    def _granted(
        self, form: dict[str, str], refused: StopRun, *, repeatable: bool
    ) -> GrantedTokens:
        """The tokens for a grant; `refused` is raised where just this grant is not accepted."""
        client = {
            "client_id": self._sign_in.client_id,
            "client_secret": self._sign_in.client_secret,
        }
        self._sent = tuple(value for name, value in form.items() if name in NOT_TOLD)
        try:
            answer = self.request(
                "POST", TOKEN_PATH, form={**client, **form}, repeatable=repeatable
            )
        except RecordRefused as refusal:
            raise self._explained(refusal, refused) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise StopRun(
                f"{self.base_url}{TOKEN_PATH} gives no access token: check the setting auth_url"
            )
        lifetime = answer.get("expires_in")
        return GrantedTokens(
            access_token=answer["access_token"],
            lifetime=float(lifetime) if isinstance(lifetime, (int, float)) else None,
            refresh_token=answer.get("refresh_token") or None,
        )

    def _explained(self, refusal: RecordRefused, refused: StopRun) -> StopRun:
        words = str(refusal).split()
        if BAD_CLIENT.intersection(words):
            return StopRun(
                "CRMOffice doesn't know this client: check the settings client_id and client_secret"
            )
        if BAD_GRANT.intersection(words):
            return refused
        return StopRun(f"{refusal}; check the setting auth_url (or tenant)")


def expiry_of(access_token: str) -> float | None:
    """When a JWT expires, in seconds since 1970; None for a token that doesn't tell."""
    try:
        payload = access_token.split(".")[1]
        padded = payload + "=" * (-len(payload) % 4)
        claims: Any = json.loads(base64.urlsafe_b64decode(padded))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None


def digest(secret: str) -> str:
    """A text that recognises a secret without telling it."""
    return hashlib.sha256(secret.encode()).hexdigest()
