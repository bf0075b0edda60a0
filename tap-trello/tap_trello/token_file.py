"""The file in which the token of `tap-trello login` is kept."""

from __future__ import annotations

import hashlib
import json
import tempfile
from typing import TYPE_CHECKING

from singer_rest import SettingError, write_private

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TokenFile"]

HOW = "run `tap-trello login`, or set 'token'"


class TokenFile:
    """One token, and a digest of the key that it was made with.

    Args:
        path: where it lies; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def token_for(self, api_key: str) -> str:
        """The token.

        Raises:
            SettingError: there is none, it can't be read, or it was made with another key.
        """
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            token, key = str(kept["token"]), str(kept["key"])
        except FileNotFoundError:
            raise SettingError(f"no token for Trello yet: {HOW}") from None
        except (OSError, ValueError, TypeError, KeyError):
            raise SettingError(f"the token_file {self.path} can't be read: {HOW}") from None
        if key != digest(api_key):
            raise SettingError(
                f"the token in {self.path} was made with another api_key than the one that is set: "
                f"{HOW}"
            )
        return token

    def keep(self, api_key: str, token: str) -> None:
        """Replace the file in one step, readable for its owner only.

        Raises:
            SettingError: it can't be written.
        """
        try:
            write_private(self.path, json.dumps({"key": digest(api_key), "token": token}))
        except OSError as error:
            raise self._not_writable(error) from None

    def demand_room(self) -> None:
        """Make sure that the file can be written, before somebody takes trouble for it.

        Raises:
            SettingError: its folder can't be written.
        """
        try:
            with tempfile.TemporaryFile(dir=self.path.parent):
                pass
        except OSError as error:
            raise self._not_writable(error) from None

    def _not_writable(self, error: OSError) -> SettingError:
        return SettingError(f"the token_file {self.path} can't be written ({error.strerror})")


def digest(api_key: str) -> str:
    """A text that recognises a key without telling it."""
    return hashlib.sha256(api_key.encode()).hexdigest()
