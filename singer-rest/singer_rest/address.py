"""Which addresses a client may talk to."""

from __future__ import annotations

from urllib.parse import urlsplit

from singer_rest.errors import SettingError

__all__ = ["LOOPBACK_HOSTS", "checked_address"]

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def checked_address(address: str) -> str:
    """Return the address without its trailing slash.

    Raises:
        SettingError: unless it is https, or http to this machine.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise SettingError("an address is not valid: its host or port can't be read") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingError(f"the address of {parts.hostname} must not hold credentials or a query")
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise SettingError(f"'{address}' is not an http or https address")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise SettingError(
            f"'{address}' must begin with https: plain http is for this machine only"
        )
    return address.rstrip("/")
