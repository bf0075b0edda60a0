"""Deletions of workspaces, members, boards, lists and cards: each run tells what is left."""

from __future__ import annotations

import copy
import io
from collections import deque
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import PluginError
from tap_trello.streams.boards import ListsStream
from tap_trello.streams.cards import CardsStream
from tap_trello.tap import TapTrello

from tests.versioned_table import VersionedTables

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk
    from sandbox.testing import RunningSandbox
    from tap_trello.marks import Mark, Place

    Json = dict[str, Any]
    Messages = list[Json]
    Run = Callable[..., Messages]

STREAMS = ["organizations", "members", "boards", "lists", "cards"]


class Warehouse:
    """Runs the tap on and on into versioned tables."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.tables = VersionedTables()
        self.state: Json | None = None
        self.messages: Messages = []

    def load(self, **settings: Any) -> list[str]:
        """Run once; return the streams whose deletions were told, actions left aside."""
        self.messages = self._run(self.state, streams=tuple(STREAMS), **settings)
        self.tables.load(self.messages)
        self.state = [each["value"] for each in self.messages if each["type"] == "STATE"][-1]
        kinds = [each["type"] for each in reversed(self.messages)]
        if "ACTIVATE_VERSION" in kinds:
            assert kinds.index("STATE") < kinds.index("ACTIVATE_VERSION")
        return [each["stream"] for each in self.messages if each["type"] == "ACTIVATE_VERSION"]

    def read(self, stream: str) -> set[str]:
        """The ids that the last run has read."""
        return {
            each["record"]["id"]
            for each in self.messages
            if each["type"] == "RECORD" and each["stream"] == stream
        }


@pytest.fixture
def warehouse(run: Run) -> Warehouse:
    return Warehouse(run)


def test_each_run_ends_a_stream_with_a_greater_version(warehouse: Warehouse) -> None:
    versions: dict[str, list[int]] = {stream: [] for stream in STREAMS}
    for _ in range(3):
        assert warehouse.load() == STREAMS
        for message in warehouse.messages:
            if message["type"] == "ACTIVATE_VERSION":
                versions[message["stream"]].append(message["version"])
        for stream in STREAMS:
            of_stream = [each for each in warehouse.messages if each.get("stream") == stream]
            assert of_stream[-1]["type"] == "ACTIVATE_VERSION"
            assert {each["version"] for each in of_stream[1:]} == {versions[stream][-1]}
    assert all(one < two < three for one, two, three in versions.values())


def test_a_deleted_workspace_is_told_and_its_boards_are_not(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    workspace, *_ = sorted(warehouse.tables.ids("organizations"))
    desk.delete(f"/organizations/{workspace}")
    assert warehouse.load() == STREAMS
    assert workspace not in warehouse.tables.ids("organizations")
    assert len(warehouse.tables.ids("organizations")) > 0
    assert len(warehouse.tables.ids("boards")) == 6
    assert warehouse.load() == STREAMS


def test_a_deleted_board_takes_its_lists_and_cards_along(warehouse: Warehouse, desk: Desk) -> None:
    warehouse.load()
    board, *_ = desk.boards()
    desk.delete(f"/boards/{board}")
    assert warehouse.load() == STREAMS
    assert board not in str(warehouse.state)  # nobody asks for it again
    for stream, number in (("boards", 5), ("lists", 15), ("cards", 50)):
        assert len(warehouse.tables.ids(stream)) == number


def test_a_member_who_was_removed_everywhere_is_told(warehouse: Warehouse, desk: Desk) -> None:
    warehouse.load()
    guest, stays = (
        row["id"]
        for row in warehouse.tables.rows["members"].values()
        if row["username"] in {"annahavblikk", "bardnordhei"}
    )
    for kind in ("organizations", "boards"):
        for place in warehouse.tables.ids(kind):
            members = desk.client.get(f"/{kind}/{place}/members")
            if guest in {member["id"] for member in members}:
                desk.delete(f"/{kind}/{place}/members/{guest}")
    assert warehouse.load() == STREAMS
    assert guest not in warehouse.tables.ids("members")
    assert stays in warehouse.tables.ids("members")
    assert len(warehouse.tables.ids("members")) == 11


def test_deleted_and_moved_cards_are_told_apart(warehouse: Warehouse, desk: Desk) -> None:
    warehouse.load()
    one, other, *_ = desk.boards()
    deleted, moved, *_ = [card["id"] for card in desk.cards(one)]
    desk.delete(f"/cards/{deleted}")
    desk.move(moved, other)
    assert warehouse.load() == STREAMS
    assert deleted not in warehouse.tables.ids("cards")
    assert warehouse.tables.rows["cards"][moved]["idBoard"] == other
    assert len(warehouse.tables.ids("cards")) == 59


def test_a_workspace_that_the_member_left_is_out_of_sight_with_all_that_is_in_it(
    warehouse: Warehouse, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.load()
    before = {stream: warehouse.tables.ids(stream) for stream in STREAMS}
    own = desk.client.get("/members/me")["id"]
    workspace, *_ = sorted(before["organizations"])
    desk.delete(f"/organizations/{workspace}/members/{own}")
    for _ in range(2):
        caplog.clear()
        assert warehouse.load() == ["boards", "lists", "cards"]
        for stream in ("organizations", "members"):
            assert warehouse.tables.ids(stream) == before[stream]
            assert f"{stream}: nothing counts as deleted, since workspace {workspace}" in " ".join(
                record.getMessage() for record in caplog.records
            )


def test_a_board_that_the_member_left_is_out_of_sight_until_it_is_back(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    own = desk.client.get("/members/me")["id"]
    headers = desk.box.authorization(desk.box.token("annahavblikk"))
    lost, other, *_ = desk.boards()
    gone = desk.cards(other)[0]["id"]
    desk.delete(f"/boards/{lost}/members/{own}")
    desk.delete(f"/cards/{gone}")
    for _ in range(2):
        assert warehouse.load() == ["organizations"]
        assert len(warehouse.tables.ids("cards")) == 60
    path = f"/boards/{lost}/members/{own}"
    desk.client.request("PUT", path, json={"type": "normal"}, headers=headers)
    assert warehouse.load() == STREAMS
    assert len(warehouse.tables.ids("cards")) == 59
    assert gone not in warehouse.tables.ids("cards")


@pytest.mark.parametrize(
    ("setting", "kind", "told"),
    [
        ("board_ids", "boards", ["organizations"]),
        ("organization_ids", "organizations", []),
    ],
)
def test_a_narrower_choice_deletes_nothing_in_whichever_run(
    warehouse: Warehouse, desk: Desk, setting: str, kind: str, told: list[str]
) -> None:
    warehouse.load()
    before = {stream: warehouse.tables.ids(stream) for stream in STREAMS}
    board, *_ = desk.boards()
    workspace = warehouse.tables.rows["boards"][board]["idOrganization"]
    chosen = {setting: [board if kind == "boards" else workspace]}
    for _ in range(3):
        assert warehouse.load(**chosen) == told
        for stream in STREAMS:
            assert warehouse.tables.ids(stream) == before[stream]
    desk.delete(f"/cards/{desk.cards(board)[0]['id']}")
    assert warehouse.load() == STREAMS
    assert len(warehouse.tables.ids("cards")) == 59


def test_a_wider_choice_tells_deletions_at_once(warehouse: Warehouse, desk: Desk) -> None:
    one, other, *_ = desk.boards()
    warehouse.load(board_ids=[one])
    desk.delete(f"/cards/{desk.cards(one)[0]['id']}")
    assert warehouse.load(board_ids=[one, other]) == STREAMS
    assert len(warehouse.tables.ids("cards")) == 19


def test_places_that_are_out_of_sight_cost_one_request_for_all_streams(
    warehouse: Warehouse, desk: Desk, box: RunningSandbox
) -> None:
    one, *_ = desk.boards()
    counts = []
    for settings in ({"board_ids": [one]}, {}, {"board_ids": [one]}):
        warehouse.load(**settings, sweep_hours=24)
        box.reset_requests()
        warehouse.load(**settings, sweep_hours=24)
        counts.append(box.requests()["trello"]["GET"])
    assert counts[2] == counts[0] + 1


@pytest.mark.parametrize("stream", ["lists", "cards"])
def test_a_board_that_vanishes_while_it_is_read_leaves_its_streams_as_they_are(
    warehouse: Warehouse, desk: Desk, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    warehouse.load()
    deletions = deque(desk.boards()[:1])
    kind = {"lists": ListsStream, "cards": CardsStream}[stream]
    read = kind._steps

    def read_while_others_work(self: Any, *arguments: Any) -> Any:
        if deletions and isinstance(self, kind):
            desk.delete(f"/boards/{deletions.popleft()}")
        return read(self, *arguments)

    monkeypatch.setattr(kind, "_steps", read_while_others_work)
    number = len(warehouse.tables.ids(stream))
    assert stream not in warehouse.load()
    assert len(warehouse.tables.ids(stream)) == number
    assert stream in warehouse.load()
    assert len(warehouse.tables.ids(stream)) == number * 5 // 6


def test_a_card_that_is_moved_while_cards_are_read_is_not_missed(
    warehouse: Warehouse, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.load()
    first, *_, last = desk.boards()
    card = desk.cards(last)[0]["id"]
    pages = CardsStream.pages
    moves = deque([(card, first)])

    def read_while_others_work(self: CardsStream, place: Place, answer: Any, before: Mark) -> Any:
        if place.id == last and moves:
            desk.move(*moves.popleft())
            answer = desk.client.get(self.first_path(place))
        return pages(self, place, answer, before)

    monkeypatch.setattr(CardsStream, "pages", read_while_others_work)
    assert "cards" in warehouse.load()
    assert not moves
    assert card in warehouse.tables.ids("cards")
    assert len(warehouse.tables.ids("cards")) == 60


def test_a_stream_without_a_record_left_is_a_lost_permission_rather_than_the_truth(
    warehouse: Warehouse, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    board, *_ = desk.boards()
    warehouse.load(board_ids=[board])
    for card in desk.cards(board):
        desk.delete(f"/cards/{card['id']}")
    assert "cards" not in warehouse.load(board_ids=[board])
    assert "cards: nothing counts as deleted, since not one record is left" in caplog.text
    assert len(warehouse.tables.ids("cards")) == 10


def test_boards_that_are_all_gone_are_a_lost_permission_rather_than_the_truth(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    before = {stream: warehouse.tables.ids(stream) for stream in ("boards", "lists", "cards")}
    for board in desk.boards():
        desk.delete(f"/boards/{board}")
    for _ in range(2):
        assert not {"boards", "lists", "cards"} & set(warehouse.load())
    assert {stream: warehouse.tables.ids(stream) for stream in before} == before


def test_a_run_that_breaks_off_tells_nothing_and_the_next_one_does(
    warehouse: Warehouse, desk: Desk, config: Json
) -> None:
    warehouse.load()
    desk.delete(f"/cards/{desk.cards(desk.boards()[0])[0]['id']}")
    desk.box.add_fault("status", system="trello", path="/batch", status=400, count=1)
    desk.box.add_fault("status", system="trello", path="/cards", status=400)
    tap = TapTrello(config=config, state=copy.deepcopy(warehouse.state))
    output = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(output), pytest.raises(PluginError):
        tap.streams["cards"].sync()
    output.seek(0)
    assert "ACTIVATE_VERSION" not in output.read()
    desk.box.clear_faults()
    warehouse.state = copy.deepcopy(dict(tap.state))
    assert warehouse.load() == STREAMS
    assert len(warehouse.tables.ids("cards")) == 59


def test_a_state_of_an_earlier_release_is_no_obstacle(warehouse: Warehouse) -> None:
    warehouse.state = {"bookmarks": {stream: {} for stream in STREAMS}}
    assert warehouse.load() == STREAMS


def test_an_idle_run_costs_no_request_more_than_without_versions(
    warehouse: Warehouse, box: RunningSandbox
) -> None:
    warehouse.load()
    counts = []
    for emit in (True, False):
        box.reset_requests()
        warehouse.load(emit_activate_version_messages=emit)
        counts.append(box.requests()["trello"]["GET"])
    assert counts[0] == counts[1]


def test_without_the_messages_there_are_no_versions(warehouse: Warehouse) -> None:
    assert warehouse.load(emit_activate_version_messages=False) == []
    assert not any("version" in message for message in warehouse.messages)
    assert "version" not in str(warehouse.state)
