"""The outermost layer: counts each request and lets it meet its faults."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.bodies import again, read
from sandbox.crm import refusals as crm
from sandbox.crm.signin import revoke
from sandbox.faults import Asked
from sandbox.trello import refusals as trello
from sandbox.trello.errors import TrelloError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.connections import Connections
    from sandbox.faults import Fault
    from sandbox.traffic import System
    from sandbox.world import World

_SLOW_PARTS = 10


@dataclass(frozen=True)
class _Exchange:
    """One request, and the way back to its client."""

    asked: Asked
    scope: Scope
    receive: Receive
    send: Send


class Gate:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, world: World, connections: Connections) -> None:
        self._app = app
        self._world = world
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or fail it."""
        system = _system(scope)
        if system is None:
            await self._app(scope, receive, send)
            return
        seen: list[int] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.append(message["status"])
            await send(message)

        asked = Asked(system, scope["method"], scope["path"], scope["query_string"])
        try:
            await self._meet_faults(_Exchange(asked, scope, receive, watched))
        finally:
            status = seen[0] if seen else None
            self._world.traffic.add(
                system, scope["method"], scope["path"], status, scope["query_string"].decode()
            )

    async def _meet_faults(self, exchange: _Exchange) -> None:
        faults = self._world.faults
        if faults.depend_on_body(exchange.asked):
            body = await read(exchange.receive)
            asked = replace(exchange.asked, body=body)
            exchange = replace(exchange, asked=asked, receive=again(body, exchange.receive))
        met = faults.met(exchange.asked)
        for fault in met:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
        failing = [fault for fault in met if fault.kind != "latency"]
        if failing:
            await self._fail(failing[0], exchange)
        else:
            await self._app(exchange.scope, exchange.receive, exchange.send)

    async def _fail(self, fault: Fault, exchange: _Exchange) -> None:
        if fault.kind in {"slow_body", "cut_body"}:
            await self._spoil_body(fault, exchange)
        elif fault.kind == "expire_token":
            await self._expire(exchange)
        else:
            if fault.kind in {"drop_after_commit", "status_after_commit"}:
                await self._app(exchange.scope, exchange.receive, _ignore)
            if fault.kind in {"drop_before", "drop_after_commit"}:
                await self._drop(exchange)
            else:
                await self._refuse(fault, exchange)

    async def _drop(self, exchange: _Exchange) -> None:
        self._connections.drop(exchange.scope["client"])
        await _gone(exchange.receive)

    async def _refuse(self, fault: Fault, exchange: _Exchange) -> None:
        if exchange.asked.system == "trello":
            error = trello.refusal(fault, exchange.asked)
            await self._send_error(error, exchange, fault.retry_after)
            return
        response = crm.refusal(fault).response()
        await response(exchange.scope, exchange.receive, exchange.send)

    async def _expire(self, exchange: _Exchange) -> None:
        """Expire CRMOffice's access token, or say once that Trello's did."""
        if exchange.asked.system == "trello":
            await self._send_error(TrelloError(401, "expired token"), exchange)
            return
        header = dict(exchange.scope["headers"]).get(b"authorization", b"").decode()
        revoke(self._world, header)
        await self._app(exchange.scope, exchange.receive, exchange.send)

    async def _send_error(
        self, error: TrelloError, exchange: _Exchange, retry_after: int | None = None
    ) -> None:
        body, kind = error.content(as_json=self._world.switches.errors_as_json)
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        if retry_after is not None:
            headers.append((b"retry-after", str(retry_after).encode()))
        start = {"type": "http.response.start", "status": error.status, "headers": headers}
        await exchange.send(start)
        await exchange.send({"type": "http.response.body", "body": body})

    async def _spoil_body(self, fault: Fault, exchange: _Exchange) -> None:
        send = exchange.send

        async def spoil(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            body = message.get("body", b"")
            if fault.kind == "cut_body":
                await send({**message, "body": body[: len(body) // 2], "more_body": True})
                await self._drop(exchange)
                return
            size = max(1, -(-len(body) // _SLOW_PARTS))
            for start in range(0, len(body), size):
                await asyncio.sleep(fault.seconds / _SLOW_PARTS)
                await send({**message, "body": body[start : start + size], "more_body": True})
            await send({**message, "body": b"", "more_body": False})

        await self._app(exchange.scope, exchange.receive, spoil)


def _system(scope: Scope) -> System | None:
    if scope["type"] != "http":
        return None
    path = scope["path"]
    if path.startswith("/trello/"):
        return "trello"
    pages = ("/crmoffice/swagger", "/crmoffice/openapi.json")
    return "crmoffice" if path.startswith("/crmoffice/") and path not in pages else None


async def _ignore(_: Message) -> None:
    return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
