"""Who may ask for what is no API: nobody whom a page of another site sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["OwnVisitors", "refusal_of"]

_NAMES = ("127.0.0.1", "localhost")
_READS = frozenset({"GET", "HEAD"})


class OwnVisitors:
    """An ASGI application around another one, which runs commands and forgets records on request.

    A page of another site can make a browser send requests to this machine. It can't choose their
    headers `Host` and `Origin`, which tell where the browser believes to be.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it (403)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        reason = refusal_of(scope["method"], headers, scope["server"][1])
        answer = self._app if reason is None else PlainTextResponse(reason, 403)
        await answer(scope, receive, send)


def refusal_of(method: str, headers: dict[str, str], port: int) -> str | None:
    """Say why a request is refused; None if it is not.

    Args:
        method: of the request.
        headers: by their names in lower case.
        port: where the sandbox answers.
    """
    own = {f"{name}:{port}" for name in _NAMES}
    if headers.get("host") not in own:
        return "The sandbox answers at 127.0.0.1 only."
    if method in _READS:
        return None
    origin = headers.get("origin")
    if origin is not None and origin not in {f"http://{name}" for name in own}:
        return "Another site's page may not ask for this."
    return None
