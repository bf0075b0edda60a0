"""The token store: newer tokens survive to the next run, and two plugins share them."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import filelock
from singer_rest import SettingError, StopRun

from tap_crmoffice.signin import GrantRefused, TokenEndpoint, digest, expiry_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tap_crmoffice.signin import SignIn

__all__ = ["TokenStore"]

EARLY = 60.0  # seconds before its expiry a token counts as expired
LOCK_WAIT = 120.0  # seconds to wait for another plugin that renews
PRIVATE = 0o600

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredTokens:
    """What the file holds.

    Attributes:
        origin: digest of the settings that these tokens descend from.
        expires_at: when the access token expires, in seconds since 1970; None if unknown.
        refused: digest of a pasted access token that was refused, so it isn't tried again.
    """

    origin: str
    access_token: str = field(default="", repr=False)
    expires_at: float | None = None
    refresh_token: str = field(default="", repr=False)
    refused: str = ""

    def is_valid(self, now: float) -> bool:
        """Whether there is an access token that hasn't expired."""
        return bool(self.access_token) and (self.expires_at is None or now < self.expires_at)


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
        self._path = sign_in.token_file.resolve()
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
        if not token or (self._endpoint and self._stored().refused == digest(token)):
            return None
        pasted = StoredTokens("", token, expiry_of(token))
        return pasted if pasted.is_valid(self._clock()) else None

    def _renewed(self, refused: str) -> StoredTokens:
        if self._endpoint is None:
            raise StopRun(
                "CRMOffice doesn't accept the access token (any more): set a new access_token, or "
                "auth_url, client_id, client_secret and refresh_token so that it renews itself"
            )
        with self._locked():
            stored = tokens = self._stored()
            if not stored.is_valid(self._clock()) or stored.access_token == refused:
                tokens = self._refreshed(self._endpoint, stored)
            if self._sign_in.access_token:
                tokens = replace(tokens, refused=digest(self._sign_in.access_token))
            if tokens != stored:
                self._keep(tokens)
            return tokens

    def _refreshed(self, endpoint: TokenEndpoint, stored: StoredTokens) -> StoredTokens:
        """Tokens by the newest refresh token, or by the one of the settings if that is refused."""
        configured = self._sign_in.refresh_token
        if stored.refresh_token not in {"", configured}:
            try:
                return self._tokens(endpoint, stored.refresh_token)
            except GrantRefused:
                logger.warning("the stored refresh token is refused: trying the one that is set")
        return self._tokens(endpoint, configured)

    def _tokens(self, endpoint: TokenEndpoint, refresh_token: str) -> StoredTokens:
        answer = endpoint.refresh(refresh_token)
        expires_at = expiry_of(answer.access_token)
        if answer.lifetime is not None:
            early = min(EARLY, answer.lifetime / 2)
            expires_at = self._clock() + answer.lifetime - early
        return StoredTokens(
            self._sign_in.origin,
            answer.access_token,
            expires_at,
            answer.refresh_token or refresh_token,
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file for this process; also proves that its folder can be written."""
        lock = filelock.FileLock(f"{self._path}.lock", timeout=LOCK_WAIT, mode=PRIVATE)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise StopRun(f"another plugin holds {self._path} for too long") from None
        except OSError as error:
            raise SettingError(
                f"the token_file {self._path} can't be written ({error.strerror})"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _stored(self) -> StoredTokens:
        """The file's tokens; empty ones if they descend from other settings or can't be read."""
        nothing = StoredTokens(self._sign_in.origin)
        try:
            found: Any = json.loads(self._path.read_text(encoding="utf-8"))
            stored = StoredTokens(**found)
        except FileNotFoundError:
            return nothing
        except (OSError, ValueError, TypeError):
            logger.warning("%s can't be read: it will be written anew", self._path)
            return nothing
        return stored if stored.origin == self._sign_in.origin else nothing

    def _keep(self, tokens: StoredTokens) -> None:
        """Replace the file in one step, readable for its owner only."""
        try:
            write_private(self._path, json.dumps(asdict(tokens)))
        except OSError as error:
            raise SettingError(
                f"the token_file {self._path} can't be written ({error.strerror})"
            ) from None


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600 that is either the old or the new one at any time."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - mkstemp gives a text
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108 - mkstemp gives a text
        raise
