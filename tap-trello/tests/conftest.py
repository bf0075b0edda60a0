"""A sandbox for the tests, at its seed before each one."""

from __future__ import annotations

import io
import json
import re
import sys
from contextlib import closing, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.server import STATE_FILE
from sandbox.store import Store
from sandbox.testing import RunningSandbox
from sandbox.trello import journal
from tap_trello.client import TrelloClient
from tap_trello.quotas import Quotas
from tap_trello.tap import TapTrello

from sandbox import credentials
from tests.trello_answers import answers, by_key
from tests.versioned_table import VersionedTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode adds no folder by itself

Messages = list[dict[str, Any]]


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSandbox]:
    with RunningSandbox() as box:
        yield box


@pytest.fixture
def box(running: RunningSandbox) -> RunningSandbox:
    running.reset()
    running.switch(quotas=False)
    return running


@pytest.fixture
def client(box: RunningSandbox) -> TrelloClient:
    """A client that no quota holds up."""
    quotas = Quotas()
    quotas.key.limit = quotas.token.limit = 1_000_000
    client = TrelloClient(
        credentials.TRELLO_KEY, credentials.TRELLO_TOKEN, base_url=box.trello_url, quotas=quotas
    )
    client.backoff = 0.001
    return client


@pytest.fixture
def config(box: RunningSandbox) -> dict[str, Any]:
    return {
        "api_key": credentials.TRELLO_KEY,
        "token": credentials.TRELLO_TOKEN,
        "api_url": box.trello_url,
    }


@pytest.fixture
def run(config: dict[str, Any]) -> Callable[..., Messages]:
    """Runs the tap: `run(state, streams=("actions",), read_footers=True)` gives its messages.

    Each run is a sweep unless `sweep_hours` says otherwise. `only` these properties are selected,
    and the keys; all by default.
    """

    def run(
        state: dict[str, Any] | None = None,
        *,
        streams: tuple[str, ...] = (),
        only: tuple[str, ...] = (),
        **settings: Any,
    ) -> Messages:
        tap = TapTrello(config={**config, "sweep_hours": 0, **settings}, state=state)
        for stream in tap.streams.values():
            stream.selected = not streams or stream.name in streams
            for name in stream.schema["properties"].keys() - {*only, *stream.primary_keys}:
                stream.mask["properties", name] = not only
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(output):
            tap.sync_all()
        output.seek(0)
        return [json.loads(line) for line in output]

    return run


@dataclass
class Mirror:
    """Runs the tap on and on into versioned tables, to be compared with what Trello holds."""

    run: Callable[..., Messages]
    client: TrelloClient
    box: RunningSandbox
    tables: VersionedTables = field(default_factory=VersionedTables)
    state: dict[str, Any] | None = None
    messages: Messages = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The routes that the last run has asked for, with their queries; a batch's one by one."""

    def load(self, *streams: str, **settings: Any) -> list[str]:
        """Run once; return the streams whose deletions were told."""
        self.box.reset_requests()
        self.messages = self.run(self.state, streams=streams, **settings)
        self.asked = list(asked_in(self.box.log()))
        self.tables.load(self.messages)
        self.state = [each["value"] for each in self.messages if each["type"] == "STATE"][-1]
        return [each["stream"] for each in self.messages if each["type"] == "ACTIVATE_VERSION"]

    def read(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream that the last run gave."""
        return [
            each["record"]
            for each in self.messages
            if each["type"] == "RECORD" and each["stream"] == stream
        ]

    @property
    def boards_asked(self) -> set[str]:
        """The boards that the last run has asked for anything below them."""
        return set(re.findall(r"/boards/([0-9a-f]{24})/", " ".join(self.asked)))

    def differences(self, *streams: str) -> dict[str, dict[str, Any]]:
        """What a table holds otherwise than Trello, by stream and key: both versions of it."""
        found: dict[str, dict[str, Any]] = {}
        for stream, records in answers(self.client).items():
            if streams and stream not in streams:
                continue
            expected = {by_key(stream)(record): record for record in records}
            rows = self.tables.rows.get(stream, {})
            for key in expected.keys() | rows.keys():
                pair = rows.get(key), expected.get(key)
                if pair[0] != pair[1]:
                    found.setdefault(stream, {})[str(key)] = pair
        return found


def asked_in(log: list[dict[str, Any]]) -> Iterator[str]:
    for each in log:
        path, query = each["path"].removeprefix("/trello/1"), each["query"]
        if path == "/batch":
            yield from query["urls"].split(",")
        else:
            yield f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


@pytest.fixture
def mirror(run: Callable[..., Messages], client: TrelloClient, box: RunningSandbox) -> Mirror:
    return Mirror(run, client, box)


@dataclass
class Desk:
    """Somebody who works in Trello."""

    box: RunningSandbox
    client: TrelloClient

    def boards(self) -> list[str]:
        boards = self.client.get("/members/me/boards?filter=all")
        return [board["id"] for board in boards]

    def cards(self, board: str) -> list[dict[str, Any]]:
        cards: list[dict[str, Any]] = self.client.get(f"/boards/{board}/cards?filter=all")
        return cards

    def comments(self, board: str) -> list[str]:
        path = f"/boards/{board}/actions?filter=commentCard,copyCommentCard&limit=1000"
        return [comment["id"] for comment in self.client.get(path)]

    def write(self, card: str, text: str = "Hei") -> str:
        path = f"/cards/{card}/actions/comments"
        return str(self.client.request("POST", path, json={"text": text})["id"])

    def edit(self, comment: str, text: str) -> None:
        self.client.request("PUT", f"/actions/{comment}", json={"text": text})

    def delete(self, path: str) -> None:
        self.client.request("DELETE", path)

    def copy(self, card: str, to_list: str) -> str:
        body = {"idCardSource": card, "idList": to_list, "keepFromSource": "all"}
        return str(self.client.request("POST", "/cards", json=body)["id"])

    def new_board(self, name: str = "New") -> str:
        return str(self.client.request("POST", "/boards", json={"name": name})["id"])

    def first_list(self, board: str) -> str:
        return str(self.client.get(f"/boards/{board}/lists")[0]["id"])

    def alter(self, kind: str, record_id: str, **changes: Any) -> None:
        """Change a record as no request could: unknown properties, nulls, another id."""
        with closing(Store(self.box.data / STATE_FILE)) as store:
            record = store.get(kind, record_id) or {}
            store.put(kind, {**record, **changes})
            store.commit()

    def move(self, card_id: str, board_id: str) -> None:
        """Move a card to another board, with its comments; the sandbox has no request for it."""
        own, target = self.client.get("/members/me")["id"], self.first_list(board_id)
        with closing(Store(self.box.data / STATE_FILE)) as store:
            card = store.get("card", card_id) or {}
            source = store.get("board", card["idBoard"])
            board, in_list = store.get("board", board_id), store.get("list", target)
            left = journal.place(card, None, source)
            journal.record(store, "moveCardFromBoard", own, {**left, "boardTarget": board_id})
            card.update(idBoard=board_id, idList=target)
            journal.touch(store, None, source)
            journal.touch(store, card, board)
            place = journal.place(card, in_list, board)
            for action in store.bodies("SELECT body FROM actions WHERE card = ?", (card_id,)):
                if action["type"] in {"commentCard", "copyCommentCard"}:
                    action["data"].update(place)
                    sql = "UPDATE actions SET board = ?, list = ?, body = ? WHERE id = ?"
                    store.write(sql, (board_id, target, json.dumps(action), action["id"]))
            journal.record(store, "moveCardToBoard", own, {**place, "boardSource": source})
            store.commit()


@pytest.fixture
def desk(box: RunningSandbox, client: TrelloClient) -> Desk:
    return Desk(box, client)
