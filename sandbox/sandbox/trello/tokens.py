"""Who calls: keys, tokens and their scopes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sandbox import credentials
from sandbox.clock import iso, now_ms
from sandbox.trello.errors import TrelloError, not_found, unauthorized
from sandbox.trello.object_ids import new_id
from sandbox.trello.routing import Routes

if TYPE_CHECKING:
    from sandbox.store import Record, Store
    from sandbox.trello.routing import Call

_PAIR = re.compile(r'(oauth_consumer_key|oauth_token)="([^"]*)"')

routes = Routes()


@dataclass(frozen=True)
class Token:
    """A token with the member that it speaks for."""

    id: str
    member: str
    scopes: frozenset[str]
    expires: int | None

    def demand(self, scope: str) -> None:
        """Refuse a call that the token's scopes don't cover (401)."""
        if scope not in self.scopes:
            raise TrelloError(401, {"message": "missing scopes"})


def authenticate(store: Store, header: str, params: dict[str, Any]) -> Token:
    """Return the token of a request, from its header or its parameters.

    Raises:
        TrelloError: 401 with the plain text that Trello sends.
    """
    pairs = {name: unquote(value) for name, value in _PAIR.findall(header)}
    if pairs.get("oauth_consumer_key", params.get("key")) != credentials.TRELLO_KEY:
        raise TrelloError(401, "invalid key")
    token = find(store, str(pairs.get("oauth_token", params.get("token"))))
    if token is None:
        raise TrelloError(401, "invalid token")
    if token.expires is not None and token.expires <= now_ms():
        raise TrelloError(401, "expired token")
    return token


def find(store: Store, secret: str) -> Token | None:
    """Return what is known of a token."""
    sql = "SELECT id, member, scopes, expires FROM tokens WHERE token = ?"
    for token_id, member, scopes, expires in store.rows(sql, (secret,)):
        return Token(token_id, member, frozenset(scopes.split(",")), expires)
    return None


def grant(
    store: Store,
    secret: str,
    member: str,
    scopes: str = "read,write,account",
    expires: int | None = None,
) -> None:
    """Make a token work for a member; ``expires`` is in milliseconds since 1970."""
    store.write(
        "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?)",
        (secret, new_id(now_ms()), member, scopes, expires),
    )


@routes.add("GET", "/tokens/{token}", "fields")
def show_token(call: Call) -> Record:
    """Show what a token may do."""
    token = _shown(call)
    permissions = [
        {"idModel": model, "modelType": kind, "read": True, "write": "write" in token.scopes}
        for kind, model in (("Board", "*"), ("Organization", "*"))
    ]
    if "account" in token.scopes:
        own = {"idModel": token.member, "modelType": "Member", "read": True, "write": True}
        permissions.append(own)
    record = {
        "id": token.id,
        "identifier": "sandbox",
        "idMember": token.member,
        "dateCreated": iso(int(token.id[:8], 16) * 1000),
        "dateExpires": None if token.expires is None else iso(token.expires),
        "permissions": permissions,
    }
    return call.chosen(record, None)


@routes.add("GET", "/tokens/{token}/member", "fields")
def show_owner(call: Call) -> Record:
    """Show the member that a token speaks for."""
    member = call.store.get("member", _shown(call).member)
    if member is None:
        raise not_found()
    return call.chosen({**member, "email": None}, ("id", "fullName", "username"))


@routes.add("DELETE", "/tokens/{token}")
def revoke_token(call: Call) -> Record:
    """End one of the caller's own tokens for good."""
    token = _shown(call)
    if token.member != call.caller:
        raise unauthorized("token")
    call.store.write("DELETE FROM tokens WHERE id = ?", (token.id,))
    return {"_value": None}


def _shown(call: Call) -> Token:
    token = find(call.store, call.path["token"])
    if token is None:
        raise TrelloError(404, "model not found")
    return token
