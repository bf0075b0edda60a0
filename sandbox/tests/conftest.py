from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from sandbox.testing import RunningSandbox

from sandbox import credentials

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client(requests.Session):
    """A client with a base address and the header that signs its requests."""

    def __init__(self, base: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.base = base
        self.headers.update(headers)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        options.setdefault("timeout", 10)
        return super().request(method, f"{self.base}{url}", **options)


class TrelloSandbox:
    """Trello clients of several people."""

    def __init__(self, box: RunningSandbox) -> None:
        self._box = box
        self.opened: list[Client] = []

    def __call__(self, token: str = credentials.TRELLO_TOKEN) -> Client:
        client = Client(self._box.trello_url, self._box.authorization(token))
        self.opened.append(client)
        return client


@pytest.fixture(scope="module")
def shared_box() -> Iterator[RunningSandbox]:
    with RunningSandbox() as box:
        yield box


@pytest.fixture
def box(shared_box: RunningSandbox) -> RunningSandbox:
    shared_box.reset()
    return shared_box


@pytest.fixture
def trello_as(box: RunningSandbox) -> Iterator[TrelloSandbox]:
    clients = TrelloSandbox(box)
    yield clients
    for client in clients.opened:
        client.close()


@pytest.fixture
def trello(trello_as: TrelloSandbox) -> Client:
    return trello_as()


@pytest.fixture
def crm(box: RunningSandbox) -> Iterator[Client]:
    with Client(box.crm_url, box.bearer()) as client:
        yield client


@pytest.fixture
def card(trello: Client) -> dict[str, Any]:
    board = trello.get("/members/me/boards").json()[0]
    cards: list[dict[str, Any]] = trello.get(f"/boards/{board['id']}/cards").json()
    return cards[0]
