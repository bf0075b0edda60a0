"""Authorization codes: short-lived, good for one trade, and only with the verifier (PKCE)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.world import World


@dataclass(frozen=True)
class Code:
    """What a code was given for.

    Attributes:
        challenge: digest of the verifier, in base64 for addresses.
        until: seconds since 1970.
    """

    redirect_uri: str
    challenge: str
    scopes: frozenset[str]
    until: float


def issue(world: World, asked: Mapping[str, str]) -> str:
    """Return a new code for what was asked at the page of the sign-in."""
    code = secrets.token_urlsafe(16)
    world.codes[code] = Code(
        asked["redirect_uri"],
        asked["code_challenge"],
        frozenset(asked["scope"].split()),
        time.time() + world.switches.code_lifetime,
    )
    return code


def redeem(world: World, sent: Mapping[str, str]) -> frozenset[str] | None:
    """Use up a code; return its scopes, or None where code, address or verifier are wrong."""
    code = world.codes.pop(sent.get("code", ""), None)
    if code is None or code.until <= time.time():
        return None
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=")
    proven = hmac.compare_digest(challenge, code.challenge.encode())
    return code.scopes if proven and sent.get("redirect_uri") == code.redirect_uri else None
