"""The open connections by client, so that one can be closed without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

Client = tuple[str, int]


class Connections:
    """Open connections; uvicorn gets its protocol class from here."""

    def __init__(self) -> None:
        self._open: dict[Client, asyncio.Transport] = {}

    def drop(self, client: Client) -> None:
        """Close a client's connection once what was sent is out."""
        transport = self._open.get(client)
        if transport is not None:
            transport.close()

    def protocol(self) -> type[HttpToolsProtocol]:
        """Return uvicorn's HTTP protocol, made to remember its connections here."""
        known = self._open

        class RememberedProtocol(HttpToolsProtocol):
            """Uvicorn's protocol with an entry among the open connections."""

            def connection_made(self, transport: Any) -> None:
                """Remember the connection."""
                known[transport.get_extra_info("peername")[:2]] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                """Forget the connection."""
                known.pop(self.transport.get_extra_info("peername")[:2], None)
                super().connection_lost(exc)

        return RememberedProtocol
