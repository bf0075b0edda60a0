"""Calling the control routes of a running sandbox."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

_OK = 200


class ControlError(Exception):
    """The sandbox refuses a control request; the message says why."""


def ask(
    address: tuple[str, int],
    method: str,
    path: str,
    body: dict[str, object] | None = None,
    *,
    timeout: float = 120,
) -> Any:
    """Return the answer of a control route, past any proxy.

    Args:
        address: host and port.
        method: the HTTP method.
        path: relative to ``/sandbox``.
        body: sent as JSON.
        timeout: in seconds.

    Raises:
        OSError: nobody answers there.
        ControlError: the request is refused.
        ValueError: the answer is no JSON, so it is no sandbox.
    """
    connection = HTTPConnection(*address, timeout=timeout)
    try:
        sent = None if body is None else json.dumps(body).encode()
        connection.request(method, f"/sandbox{path}", sent)
        answer = connection.getresponse()
        content = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status != _OK:
        raise ControlError(content["error"])
    return content
