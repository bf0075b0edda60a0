"""The web server: both APIs, the control routes and the first page on one port."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from sandbox.connections import Connections
from sandbox.control import Control
from sandbox.crm.app import CrmApp
from sandbox.gate import Gate
from sandbox.look import look_at_crmoffice, look_at_trello
from sandbox.pages import home
from sandbox.trello.app import TrelloApp
from sandbox.trello.consent import consent_routes
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

    from sandbox.world import Seed

HOST = "127.0.0.1"
STATE_FILE = "sandbox.db"


def bound_socket(port: int) -> socket.socket:
    """Return a socket on the loopback address; port 0 takes a free one.

    Raises:
        OSError: another process holds the port.
    """
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it
    # on, each answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        raise
    return listening


def make_server(data: Path, seed: Seed = "full") -> uvicorn.Server:
    """Return a server over the state in a folder; it closes the state when it stops."""
    data.mkdir(parents=True, exist_ok=True)
    world = World.open(data / STATE_FILE, seed)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        world.store.close()

    async def first_page(request: Request) -> HTMLResponse:
        base = str(request.base_url).rstrip("/")
        return HTMLResponse(home(base, world.store.counts()))

    async def crmoffice_page(_: Request) -> HTMLResponse:
        return HTMLResponse(look_at_crmoffice(world.store))

    async def trello_page(_: Request) -> HTMLResponse:
        return HTMLResponse(look_at_trello(world.store))

    app = Starlette(
        routes=[
            Route("/", first_page),
            Route("/look/crmoffice", crmoffice_page),
            Route("/look/trello", trello_page),
            *consent_routes(world),
            Mount("/trello/1", TrelloApp(world)),
            Mount("/crmoffice", CrmApp(world).fastapi),
            Mount("/sandbox", routes=Control(world).routes()),
        ],
        lifespan=lifespan,
    )
    connections = Connections()
    config = uvicorn.Config(
        Gate(app, world, connections),
        http=connections.protocol(),
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)
