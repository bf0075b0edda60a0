"""The routes of the page: its files, the records it shows, and the sync."""

from __future__ import annotations

from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox import credentials
from sandbox.page.partners import partners_in
from sandbox.page.rows import found_rows, records_of, rows_of
from sandbox.page.sections import SECTIONS
from sandbox.page.sync_runs import SyncRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Scope

    from sandbox.page.setup import PageSetup
    from sandbox.page.sync_runs import SyncRuns
    from sandbox.world import World

__all__ = ["Page"]

_STATIC = Path(__file__).parent / "static"
_PAGE_SIZE = 25
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_BY_NAME = {section.name: section for section in SECTIONS}
_PEOPLE = (
    "SELECT tokens.token, records.name FROM tokens JOIN records"
    " ON records.kind = 'member' AND records.id = tokens.member WHERE token = ?"
    " OR token = ? || records.name ORDER BY token = ? DESC, records.name"
)


class Page:
    """The page and what it asks for.

    Args:
        world: whose records it shows.
        setup: what it can do.
        runs: of the sync.
    """

    def __init__(self, world: World, setup: PageSetup, runs: SyncRuns) -> None:
        self._world = world
        self._setup = setup
        self._runs = runs

    def routes(self) -> list[BaseRoute]:
        """Return the routes; the older addresses of the two systems' tables lead to the page."""
        return [
            Route("/", self._first),
            Route("/look/{system}", lambda _: RedirectResponse("/")),
            Route("/page/start", self._answering(self._start)),
            Route("/page/rows", self._answering(self._rows)),
            Route("/page/sync", self._answering(self._report), methods=["GET"]),
            Route("/page/sync", self._sync, methods=["POST"]),
            Mount("/page", _OwnFiles(directory=_STATIC)),
        ]

    async def _first(self, _: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers=_HEADERS)

    def _answering(self, told: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            return _json(told(request))

        return answer

    def _start(self, _: Request) -> dict[str, Any]:
        """What the page needs to know once: its sections, who can sign in, what can be done."""
        token, prefix = credentials.TRELLO_TOKEN, credentials.TRELLO_TOKEN_PREFIX
        people = self._world.store.rows(_PEOPLE, (token, prefix, token))
        users = self._world.store.bodies("SELECT body FROM records WHERE kind = 'users'")
        return {
            "sections": SECTIONS,
            "key": credentials.TRELLO_KEY,
            "people": [{"token": token, "username": username} for token, username in people],
            "users": users,
            "sync": join(self._setup.sync),
        }

    def _rows(self, request: Request) -> dict[str, Any]:
        """One page of a section's rows: those with all `words`, or the one of the record `id`."""
        query = request.query_params
        section = _BY_NAME.get(query.get("section", ""), SECTIONS[0])
        partners = partners_in(self._setup.links)
        left = records_of(self._world.store, section.crmoffice)
        right = records_of(self._world.store, section.trello)
        rows = rows_of(section, left, right, partners)
        if "id" in query:
            rows = [row for row in rows if row.has(query["id"])]
        rows = found_rows(section, rows, query.get("words", ""))
        pages = max(1, -(-len(rows) // _PAGE_SIZE))
        asked = query.get("page", "1")
        page = min(max(1, int(asked) if asked.isdecimal() else 1), pages)
        return {
            "section": section.name,
            "rows": rows[(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE],
            "found": len(rows),
            "page": page,
            "pages": pages,
            "unknown": partners.unknown,
            "counts": {"crmoffice": len(left), "trello": len(right)},
        }

    def _report(self, _: Request) -> dict[str, Any]:
        return {"sync": self._runs.report()}

    async def _sync(self, _: Request) -> Response:
        """Begin a sync; nothing of the request has any say in what is run."""
        try:
            self._runs.start()
        except SyncRefused as refused:
            return _json({"error": str(refused)}, 409)
        return _json({"sync": self._runs.report()}, 202)


class _OwnFiles(StaticFiles):
    """The page's files, with the page's headers."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file."""
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


def _json(value: object, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(value),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
