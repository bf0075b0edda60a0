"""The token store: gives access tokens and renews them, in step with other plugins."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from singer_rest import StopRun

from tap_crmoffice.signin import GrantRefused, TokenEndpoint, digest, expiry_of
from tap_crmoffice.token_file import StoredTokens, TokenFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_crmoffice.signin import SignIn

__all__ = ["TokenStore"]

logger = logging.getLogger(__name__)


class TokenStore:
    """Gives access tokens, and renews them when they expire or are refused.

    Any number of threads may share it; while one of them renews a token, the others wait for it.

    Args:
        sign_in: the checked settings.
        clock: seconds since 1970; for tests.
        backoff: seconds before a refresh that failed in passing is tried again.
    """

    def __init__(
        self, sign_in: SignIn, *, clock: Callable[[], float] = time.time, backoff: float = 0.5
    ) -> None:
        self._sign_in = sign_in
        self._clock = clock
        self._file = TokenFile(sign_in)
        self._endpoint = TokenEndpoint(sign_in, backoff=backoff) if sign_in.auth_url else None
        self._in_use: StoredTokens | None = None
        self._guard = threading.RLock()

    def access_token(self) -> str:
        """A token that is not known to be expired or refused.

        Raises:
            StopRun: there is none and none can be had.
            SettingError: the token file can't be written.
        """
        with self._guard:
            if self._in_use is None or not self._in_use.is_valid(self._clock()):
                self._in_use = self._pasted() or self._renewed(refused="")
            return self._in_use.access_token

    def renew(self, refused: str) -> None:
        """Replace a token that the API refused, unless another plugin did so already.

        Raises:
            StopRun: no other token can be had.
            SettingError: the token file can't be written.
        """
        with self._guard:
            if self._in_use is None or self._in_use.access_token == refused:
                self._in_use = self._renewed(refused)

    def _pasted(self) -> StoredTokens | None:
        """The access token of the settings, unless it is known to be of no use."""
        token = self._sign_in.access_token
        if not token or (self._endpoint and self._file.read().refused == digest(token)):
            return None
        pasted = StoredTokens(origin="", access_token=token, expires_at=expiry_of(token))
        return pasted if pasted.is_valid(self._clock()) else None

    def _renewed(self, refused: str) -> StoredTokens:
        if self._endpoint is None:
            raise StopRun(
                "CRMOffice doesn't accept the access token (any more): set a new access_token, or "
                "auth_url, client_id and client_secret and run `tap-crmoffice login`"
            )
        with self._file.locked():
            stored = tokens = self._file.read()
            if not stored.is_valid(self._clock()) or stored.access_token == refused:
                tokens = self._refreshed(self._endpoint, stored)
            if self._sign_in.access_token:
                tokens = replace(tokens, refused=digest(self._sign_in.access_token))
            if tokens != stored:
                self._file.keep(tokens)
            return tokens

    def _refreshed(self, endpoint: TokenEndpoint, stored: StoredTokens) -> StoredTokens:
        """Tokens by the newest refresh token, or by the one of the settings if that is refused."""
        configured = self._sign_in.refresh_token
        if stored.refresh_token not in {"", configured}:
            try:
                return self._tokens(endpoint, stored)
            except GrantRefused:
                if not configured:
                    raise
                logger.warning("the stored refresh token is refused: trying the one that is set")
        if not configured:
            raise StopRun(f"there is no sign-in in {self._file.path}: run `tap-crmoffice login`")
        return self._tokens(endpoint, replace(stored, refresh_token=configured))

    def _tokens(self, endpoint: TokenEndpoint, stored: StoredTokens) -> StoredTokens:
        return stored.followed_by(endpoint.refresh(stored.refresh_token), self._clock())
