"""The outermost layer: counts each request and lets it meet its faults."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from sandbox.crm.signin import revoke

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.connections import Connections
    from sandbox.faults import Fault
    from sandbox.traffic import System
    from sandbox.world import World

_SLOW_PARTS = 10


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

        faults = self._world.faults.met(system, scope["method"], scope["path"])
        try:
            await self._with_faults(faults, system, scope, receive, watched)
        finally:
            status = seen[0] if seen else None
            self._world.traffic.add(system, scope["method"], scope["path"], status)

    async def _with_faults(
        self,
        faults: list[Fault],
        system: System,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        for fault in faults:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
        failing = [fault for fault in faults if fault.kind != "latency"]
        if not failing:
            await self._app(scope, receive, send)
            return
        await self._fail(failing[0], system, scope, receive, send)

    async def _fail(
        self,
        fault: Fault,
        system: System,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if fault.kind == "drop_before":
            await self._drop(scope, receive)
        elif fault.kind == "drop_after_commit":
            await self._app(scope, receive, _ignore)
            await self._drop(scope, receive)
        elif fault.kind == "status":
            await _answer(send, fault.status, system, fault.retry_after)
        elif fault.kind == "status_after_commit":
            await self._app(scope, receive, _ignore)
            await _answer(send, fault.status, system, fault.retry_after)
        elif fault.kind == "expire_token":
            await self._expire(scope, system, receive, send)
        else:
            await self._spoil_body(fault, scope, receive, send)

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        self._connections.drop(scope["client"])
        await _gone(receive)

    async def _expire(self, scope: Scope, system: System, receive: Receive, send: Send) -> None:
        """Expire CRMOffice's access token, or say once that Trello's did."""
        if system == "trello":
            await _reply(send, 401, b"expired token", b"text/plain")
            return
        header = dict(scope["headers"]).get(b"authorization", b"").decode()
        revoke(self._world, header)
        await self._app(scope, receive, send)

    async def _spoil_body(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        async def spoil(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            body = message.get("body", b"")
            if fault.kind == "cut_body":
                await send({**message, "body": body[: len(body) // 2], "more_body": True})
                await self._drop(scope, receive)
                return
            size = max(1, -(-len(body) // _SLOW_PARTS))
            for start in range(0, len(body), size):
                await send({**message, "body": body[start : start + size], "more_body": True})
                await asyncio.sleep(fault.seconds / _SLOW_PARTS)
            await send({**message, "body": b"", "more_body": False})

        await self._app(scope, receive, spoil)


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


async def _answer(send: Send, status: int, system: System, retry_after: int | None) -> None:
    if system == "trello":
        body, kind = f"sandbox fault {status}".encode(), b"text/plain"
    else:
        problem = {"type": "about:blank", "title": "Sandbox fault", "status": status}
        body, kind = msgspec.json.encode(problem), b"application/problem+json"
    await _reply(send, status, body, kind, retry_after)


async def _reply(
    send: Send,
    status: int,
    body: bytes,
    kind: bytes,
    retry_after: int | None = None,
) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
