"""The web server: both APIs, the control routes and the page on one port."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.connections import Connections
from sandbox.control import Control
from sandbox.crm.app import CrmApp
from sandbox.gate import Gate
from sandbox.page.routes import Page
from sandbox.page.setup import PageSetup
from sandbox.page.sync_runs import SyncRuns
from sandbox.page.visitors import OwnVisitors
from sandbox.trello.app import TrelloApp
from sandbox.trello.consent import consent_routes
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

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


def make_server(data: Path, seed: Seed = "full", setup: PageSetup | None = None) -> uvicorn.Server:
    """Return a server over the state in a folder; it closes the state when it stops."""
    data.mkdir(parents=True, exist_ok=True)
    world = World.open(data / STATE_FILE, seed)
    setup = setup or PageSetup()
    runs = SyncRuns(world, setup, data)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await runs.end()
        world.store.close()

    control = Starlette(routes=Control(world).routes())
    page = Starlette(routes=Page(world, setup, runs).routes())
    app = Starlette(
        routes=[
            *consent_routes(world),
            Mount("/trello/1", TrelloApp(world)),
            Mount("/crmoffice", CrmApp(world).fastapi),
            Mount("/sandbox", OwnVisitors(control)),
            Mount("/", OwnVisitors(page)),
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
