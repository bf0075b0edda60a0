"""The page on which a person allows an application to act for them, and is shown a token."""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox import credentials
from sandbox.clock import now_ms
from sandbox.pages import document
from sandbox.trello.tokens import grant

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.world import World

_PATH = "/trello/1/authorize"
_PERSON = "crmsync"
_SCOPES = {"read", "write", "account"}
_HOUR = 3_600_000
_LIFETIMES = {"1hour": _HOUR, "1day": 24 * _HOUR, "30days": 720 * _HOUR, "never": None}


def consent_routes(world: World) -> list[Route]:
    """Return the routes of the page; they lie beside the API."""

    async def ask(request: Request) -> Response:
        asked = dict(request.query_params)
        return _refusal(asked) or HTMLResponse(_page(asked))

    async def allow(request: Request) -> Response:
        asked = dict(request.query_params)
        refusal = _refusal(asked)
        if refusal:
            return refusal
        token = f"{credentials.TRELLO_TOKEN_PREFIX}{secrets.token_hex(16)}"
        member = world.store.named("member", _PERSON) or {}
        lifetime = _LIFETIMES[asked.get("expiration", "30days")]
        expires = None if lifetime is None else now_ms() + lifetime
        grant(world.store, token, member["id"], asked["scope"], expires)
        world.store.commit()
        body = f"<p>Copy this token:</p><pre>{token}</pre>"
        return HTMLResponse(document("Trello (sandbox): your token", body))

    return [Route(_PATH, ask), Route(f"{_PATH}/allow", allow)]


def _refusal(asked: dict[str, str]) -> Response | None:
    if asked.get("key") != credentials.TRELLO_KEY:
        return PlainTextResponse("invalid key", 401)
    fine = (
        asked.get("response_type") == "token"
        and asked.get("expiration", "30days") in _LIFETIMES
        and set(asked.get("scope", "").split(",")) <= _SCOPES
    )
    return None if fine else PlainTextResponse("invalid request", 400)


def _page(asked: dict[str, str]) -> str:
    query = escape(urlencode(asked))
    return document(
        "Trello (sandbox): allow access",
        f"<p>May <b>{escape(asked.get('name', 'an application'))}</b> act as "
        f"<code>@{_PERSON}</code> (<code>{escape(asked['scope'])}</code>)?</p>"
        f'<p><a href="{_PATH}/allow?{query}">Allow</a></p>'
        "<p>All of it is made up, and opens nothing but this sandbox.</p>",
    )
