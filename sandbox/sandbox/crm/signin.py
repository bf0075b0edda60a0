"""Sign-in: tokens for authorization codes, refresh tokens, access tokens that expire."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from sandbox import credentials
from sandbox.crm import codes
from sandbox.crm.problems import unauthorized

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.switches import Switches
    from sandbox.world import World

SCOPES = "crmoffice offline_access"


class SignInError(Exception):
    """A refusal of the token endpoint, named as OAuth 2.0 names it."""


def access_token(world: World, lifetime: float | None = None) -> str:
    """Return a new access token, a JWT in form; ``lifetime`` in seconds."""
    seconds = world.switches.token_lifetime if lifetime is None else lifetime
    header = _encoded({"alg": "HS256", "typ": "JWT"})
    claims = {"sub": "sandbox", "scope": SCOPES, "exp": time.time() + seconds}
    body = f"{header}.{_encoded({**claims, 'jti': secrets.token_hex(8)})}"
    return f"{body}.{_signature(world, body)}"


def demand_access(world: World, header: str) -> None:
    """Refuse a request without a valid access token (401)."""
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise unauthorized("The access token is missing.")
    body, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(world, body).encode()):
        raise unauthorized("The access token is invalid.")
    claims = _decoded(body.partition(".")[2])
    if claims["exp"] <= time.time() or claims["jti"] in world.revoked:
        raise unauthorized("The access token expired.")


def revoke(world: World, header: str) -> None:
    """Make the access token of a request expire now."""
    body = header.partition(" ")[2].rpartition(".")[0].partition(".")[2]
    if body:
        world.revoked.add(_decoded(body)["jti"])


def refusal(error: str) -> Response:
    """Return the answer to a request that an OAuth error refuses."""
    return Response(msgspec.json.encode({"error": error}), 400, media_type="application/json")


async def token(world: World, request: Request) -> Response:
    """Trade a code or a refresh token for an access token."""
    sent = dict(parse_qsl((await request.body()).decode(errors="replace")))
    try:
        refresh = _granted(world, sent)
    except SignInError as error:
        world.store.rollback()
        return refusal(str(error))
    world.store.commit()
    body = {
        "access_token": access_token(world),
        "expires_in": world.switches.token_lifetime,
        "token_type": "Bearer",
        "scope": SCOPES,
    }
    if refresh is not None:
        body["refresh_token"] = refresh
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")


def _granted(world: World, sent: dict[str, str]) -> str | None:
    """Check a request for a token; return the refresh token to answer with, if any."""
    grant = sent.get("grant_type")
    if sent.get("client_id") != credentials.CRM_CLIENT_ID:
        raise SignInError("invalid_client")
    if sent.get("client_secret") != credentials.CRM_CLIENT_SECRET:
        raise SignInError("invalid_client")
    if grant == "authorization_code":
        scopes = codes.redeem(world, sent)
        if scopes is None:
            raise SignInError("invalid_grant")
        return _new_refresh_token(world) if "offline_access" in scopes else None
    if grant != "refresh_token":
        raise SignInError("unsupported_grant_type")
    return _refreshed(world, sent.get("refresh_token", ""))


def _refreshed(world: World, refresh: str) -> str | None:
    switches: Switches = world.switches
    initial = refresh == credentials.CRM_REFRESH_TOKEN and switches.keep_initial_refresh_token
    sql = "SELECT count(*) FROM refresh_tokens WHERE token = ?"
    if not initial and not world.store.value(sql, (refresh,)):
        raise SignInError("invalid_grant")
    if not switches.rotate_refresh_token:
        return None
    if not initial:
        world.store.write("DELETE FROM refresh_tokens WHERE token = ?", (refresh,))
    return _new_refresh_token(world)


def _new_refresh_token(world: World) -> str:
    refresh = f"sandbox-refresh-{secrets.token_urlsafe(12)}"
    world.store.write("INSERT INTO refresh_tokens VALUES (?)", (refresh,))
    return refresh


def _signature(world: World, body: str) -> str:
    key = world.store.setting("signing key")
    if key is None:
        key = secrets.token_hex(32)
        world.store.keep_setting("signing key", key)
        world.store.commit()
    return _base64(hmac.new(key.encode(), body.encode(), hashlib.sha256).digest())


def _encoded(value: object) -> str:
    return _base64(msgspec.json.encode(value))


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
