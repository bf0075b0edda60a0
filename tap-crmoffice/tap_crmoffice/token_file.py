"""The file in which tokens survive to the next run, shared by plugins with the same sign-in."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import filelock
from singer_rest import SettingError, StopRun, write_private

from tap_crmoffice.signin import expiry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_crmoffice.signin import GrantedTokens, SignIn

__all__ = ["StoredTokens", "TokenFile"]

EARLY = 60.0  # seconds before its expiry a token counts as expired
LOCK_WAIT = 120.0  # seconds to wait for another plugin that renews
PRIVATE = 0o600

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredTokens:
    """What the file holds.

    Attributes:
        origin: digest of the settings that these tokens descend from, the refresh token included.
        client: digest of the same without the refresh token.
        expires_at: when the access token expires, in seconds since 1970; None if unknown.
        refused: digest of a pasted access token that was refused, so it isn't tried again.
    """

    origin: str
    access_token: str = field(default="", repr=False)
    expires_at: float | None = None
    refresh_token: str = field(default="", repr=False)
    refused: str = ""
    client: str = ""

    def is_valid(self, now: float) -> bool:
        """Whether there is an access token that hasn't expired."""
        return bool(self.access_token) and (self.expires_at is None or now < self.expires_at)

    def followed_by(self, granted: GrantedTokens, now: float) -> StoredTokens:
        """The tokens that take the place of these; a refresh token stays if no other came."""
        expires_at = expiry_of(granted.access_token)
        if granted.lifetime is not None:
            expires_at = now + granted.lifetime - min(EARLY, granted.lifetime / 2)
        return StoredTokens(
            origin=self.origin,
            access_token=granted.access_token,
            expires_at=expires_at,
            refresh_token=granted.refresh_token or self.refresh_token,
            client=self.client,
        )


class TokenFile:
    """The token file of a sign-in."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self.path = sign_in.token_file.resolve()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the file for this process; also proves that its folder can be written.

        Raises:
            StopRun: another process holds it for too long.
            SettingError: the folder can't be written.
        """
        lock = filelock.FileLock(f"{self.path}.lock", timeout=LOCK_WAIT, mode=PRIVATE)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise StopRun(f"another plugin holds {self.path} for too long") from None
        except OSError as error:
            raise self._not_writable(error) from None
        try:
            yield
        finally:
            lock.release()

    @property
    def empty(self) -> StoredTokens:
        """No tokens yet, of these settings."""
        return StoredTokens(origin=self._sign_in.origin, client=self._sign_in.client)

    def read(self) -> StoredTokens:
        """The file's tokens; empty ones if they descend from other settings or can't be read."""
        try:
            found: Any = json.loads(self.path.read_text(encoding="utf-8"))
            stored = StoredTokens(**found)
        except FileNotFoundError:
            return self.empty
        except (OSError, ValueError, TypeError):
            logger.warning("%s can't be read: it will be written anew", self.path)
            return self.empty
        return stored if self._is_ours(stored) else self.empty

    def keep(self, tokens: StoredTokens) -> None:
        """Replace the file in one step, readable for its owner only.

        Raises:
            SettingError: it can't be written.
        """
        try:
            write_private(self.path, json.dumps(asdict(tokens)))
        except OSError as error:
            raise self._not_writable(error) from None

    def _is_ours(self, stored: StoredTokens) -> bool:
        """Whether nothing was set since that leads to other tokens.

        A refresh token that is set anew does; one that is set no longer doesn't.
        """
        if stored.origin == self._sign_in.origin:
            return True
        return not self._sign_in.refresh_token and stored.client == self._sign_in.client

    def _not_writable(self, error: OSError) -> SettingError:
        return SettingError(f"the token_file {self.path} can't be written ({error.strerror})")
