"""The Trello API as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from sandbox.bodies import read
from sandbox.faults import Asked
from sandbox.trello import (
    attachments,
    batch,
    boards,
    card_lists,
    cards,
    check_items,
    checklists,
    collaborators,
    comments,
    custom_field_items,
    custom_fields,
    feeds,
    labels,
    members,
    organizations,
    quotas,
    tokens,
)
from sandbox.trello.errors import JSON, TrelloError, invalid_value
from sandbox.trello.refusals import refusal
from sandbox.trello.routing import Call, Router

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sandbox.trello.tokens import Token
    from sandbox.world import World

_MODULES = (
    *(tokens, members, organizations, collaborators, boards, labels, custom_fields),
    *(cards, card_lists, attachments, checklists, check_items, custom_field_items, comments, feeds),
)
ROUTER = Router(endpoint for module in _MODULES for endpoint in module.routes.endpoints)

# Trello cuts what a query string carries beyond about 2,000 characters.
LONGEST_QUERY = 2000

Headers = list[tuple[bytes, bytes]]


class TrelloApp:
    """Answers ``/1/...``; mounted under any prefix."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await read(receive)
        answer, headers = self._respond(scope, body)
        if isinstance(answer, TrelloError):
            status = answer.status
            content, kind = answer.content(as_json=self._world.switches.errors_as_json)
        else:
            status, content, kind = 200, msgspec.json.encode(answer), JSON
        sized = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
        start = {"type": "http.response.start", "status": status, "headers": [*sized, *headers]}
        await send(start)
        await send({"type": "http.response.body", "body": content})

    def _respond(self, scope: Scope, body: bytes) -> tuple[Any, Headers]:
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        headers: Headers = []
        store = self._world.store
        try:
            sent = dict(scope["headers"])
            query = scope["query_string"].decode()
            params = _params(scope["method"], query, body, sent.get(b"content-type", b"").decode())
            token = tokens.authenticate(store, sent.get(b"authorization", b"").decode(), params)
            windows, switches = self._world.windows, self._world.switches
            try:
                quotas.admit(windows, switches, token.id, path)
            finally:
                headers.extend(quotas.headers(windows, switches, token.id))
            answer = self._run(scope["method"], path, query, params, token)
            store.commit()
        except TrelloError as error:
            store.rollback()
            return error, headers
        except BaseException:
            store.rollback()
            raise
        return answer, headers

    def _run(
        self,
        method: str,
        path: str,
        query: str,
        params: dict[str, Any],
        token: Token,
    ) -> Any:
        if method == "GET" and path.rstrip("/") == "/batch":
            token.demand("read")
            run = self._nested(token)
            return batch.answers(batch.urls_of(query, params), run)
        return self._call(method, path, params, token)

    def _nested(self, token: Token) -> Any:
        def run(path: str, params: dict[str, Any]) -> Any:
            self._fail(path, params)
            quotas.admit_member(self._world.windows, self._world.switches, token.id, path)
            return self._call("GET", path, params, token)

        return run

    def _fail(self, path: str, params: dict[str, Any]) -> None:
        """Refuse a route inside a batch that meets a fault."""
        query = urlencode(params).encode()
        asked = Asked("trello", "GET", f"/trello/1{path}", query, in_batch=True)
        for fault in self._world.faults.met(asked):
            raise refusal(fault, asked)

    def _call(self, method: str, path: str, params: dict[str, Any], token: Token) -> Any:
        token.demand("read" if method == "GET" else "write")
        endpoint, values = ROUTER.find(method, path)
        declared = {name: value for name, value in params.items() if name in endpoint.params}
        return endpoint.handler(Call(self._world, token, values, declared))


def _params(method: str, query: str, body: bytes, content_type: str) -> dict[str, Any]:
    """Return the parameters of a request: query, form or JSON alike."""
    kept = query if method == "GET" else query[:LONGEST_QUERY]
    params: dict[str, Any] = dict(parse_qsl(kept, keep_blank_values=True))
    if not body:
        return params
    if content_type.startswith("application/json"):
        try:
            sent = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise TrelloError(400, "Error parsing body: invalid JSON") from error
        if not isinstance(sent, dict):
            raise invalid_value("body")
        return {**params, **sent}
    return {**params, **dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))}
