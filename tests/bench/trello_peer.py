"""The public `tap-trello`, at the address in its setting `api_url`.

It runs in an environment of its own, as a program; see `peers`. Its client knows one address only.
What it asks for in a way that the sandbox does not know is asked in another one that gives the
same: `cards/all` as `cards?filter=all`, cards before now as the newest cards. Custom fields, of
which there are none, cost it no request.
"""

from __future__ import annotations

from importlib import import_module  # our own package of that name is meant nowhere here
from typing import Any

from requests import Session

tap = import_module("tap_trello")
client = import_module("tap_trello.client")
cards = import_module("tap_trello.streams.cards").Cards
begin = client.Client.__init__
ask = Session.request


def begin_elsewhere(self: Any, config: dict[str, Any]) -> None:
    """Make a client as it is made, for the address in the settings."""
    begin(self, config)
    self.base_url = config["api_url"]


def ask_otherwise(self: Session, method: str, url: str, **sent: Any) -> Any:
    """Send a request in the way that the sandbox knows."""
    params = sent.get("params") or {}
    if url.endswith("/cards/all"):
        url, params["filter"] = url.removesuffix("/all"), "all"
        if "T" in str(params.get("before")):
            del params["before"]
    return ask(self, method, url, **sent)


def no_custom_fields(self: Any, record: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A card that has none."""
    del self
    return {"customFieldItems": [], **record}


if __name__ == "__main__":
    client.Client.__init__ = begin_elsewhere
    Session.request = ask_otherwise  # type: ignore[assignment, method-assign]
    cards.build_custom_fields_maps = lambda *_, **__: ({}, {})
    cards.modify_record = no_custom_fields
    tap.main()
