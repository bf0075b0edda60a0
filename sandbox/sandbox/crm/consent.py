"""The page on which a person allows a client to act for them, or denies it."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox import credentials
from sandbox.crm import codes
from sandbox.crm.signin import SCOPES, refusal
from sandbox.pages import document

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.world import World

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def ask(world: World, request: Request) -> Response:
    """Show the page, or go on as the switch ``sign_in`` says."""
    asked = dict(request.query_params)
    error = _error_of(asked)
    if error:
        return refusal(error)
    decision = world.switches.sign_in
    if decision == "ask":
        return HTMLResponse(_page(asked))
    return _go_on(world, asked, allowed=decision == "allow")


def answer(world: World, request: Request, *, allowed: bool) -> Response:
    """Send the browser back with what the person chose."""
    asked = dict(request.query_params)
    error = _error_of(asked)
    return refusal(error) if error else _go_on(world, asked, allowed=allowed)


def _error_of(asked: dict[str, str]) -> str | None:
    """Return what is wrong with a request, as OAuth 2.0 names it; it never leads to a redirect."""
    if asked.get("client_id") != credentials.CRM_CLIENT_ID:
        return "unauthorized_client"
    target = urlsplit(asked.get("redirect_uri", ""))
    fine = (
        target.scheme == "http"
        and target.hostname in _LOOPBACK
        and asked.get("response_type") == "code"
        and asked.get("code_challenge_method") == "S256"
        and _CHALLENGE.fullmatch(asked.get("code_challenge", ""))
    )
    if not fine:
        return "invalid_request"
    scopes = set(asked.get("scope", "").split())
    return None if scopes and scopes <= set(SCOPES.split()) else "invalid_scope"


def _go_on(world: World, asked: dict[str, str], *, allowed: bool) -> Response:
    found = {"code": codes.issue(world, asked)} if allowed else {"error": "access_denied"}
    state = {"state": asked["state"]} if "state" in asked else {}
    target = asked["redirect_uri"]
    separator = "&" if urlsplit(target).query else "?"
    return RedirectResponse(f"{target}{separator}{urlencode({**found, **state})}", 302)


def _page(asked: dict[str, str]) -> str:
    """Return the page; the links keep what was asked."""
    query = escape(urlencode(asked))
    return document(
        "CRMOffice (sandbox): sign in",
        f"<p>May <code>{escape(asked['client_id'])}</code> read and write in CRMOffice for you "
        f"(<code>{escape(asked['scope'])}</code>)?</p>"
        f'<p><a href="authorize/allow?{query}">Allow</a> · '
        f'<a href="authorize/deny?{query}">Deny</a></p>'
        "<p>All of it is made up, and opens nothing but this sandbox.</p>",
    )
