"""A run that breaks off: the next one goes on where it was, and ends with the same tables."""

from __future__ import annotations

import copy
import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import PluginError
from tap_trello.streams.base import TrelloStream
from tap_trello.streams.placewise import PlacewiseStream
from tap_trello.tap import TapTrello

if TYPE_CHECKING:
    from conftest import Desk, Mirror

    Json = dict[str, Any]

STREAMS = [
    *("members", "board_memberships", "board_labels", "lists", "cards", "card_attachments"),
    *("card_custom_field_items", "checklists"),
]


@pytest.fixture(autouse=True)
def _state_after_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrelloStream, "records_per_state", 1)


class Breakdown:
    """Runs a stream until it has given some records, and then no further."""

    def __init__(self, mirror: Mirror, config: Json, monkeypatch: pytest.MonkeyPatch) -> None:
        self._mirror = mirror
        self._config = config
        self._monkeypatch = monkeypatch

    def after(self, records: int, stream: str, *, kept: str, **settings: Any) -> None:
        """Break off, and keep the state that was `written` last, or that of the `memory`."""
        mirror = self._mirror
        tap = TapTrello(
            config={**self._config, "sweep_hours": 24, **settings},
            state=copy.deepcopy(mirror.state),
        )
        read = PlacewiseStream.get_records

        def until(self: PlacewiseStream, context: Any) -> Any:
            for number, record in enumerate(read(self, context)):
                if number == records:
                    raise PluginError("the network is down")
                yield record

        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with self._monkeypatch.context() as patched, redirect_stdout(output):
            patched.setattr(PlacewiseStream, "get_records", until)
            with pytest.raises(PluginError):
                tap.streams[stream].sync()
        output.seek(0)
        messages = [json.loads(line) for line in output]
        assert "ACTIVATE_VERSION" not in {each["type"] for each in messages}
        mirror.tables.load(messages)
        written = [each["value"] for each in messages if each["type"] == "STATE"]
        states = written if kept == "written" else [copy.deepcopy(dict(tap.state))]
        mirror.state = [mirror.state, *states][-1]


@pytest.fixture
def breakdown(mirror: Mirror, config: Json, monkeypatch: pytest.MonkeyPatch) -> Breakdown:
    return Breakdown(mirror, config, monkeypatch)


@pytest.mark.parametrize("kept", ["written", "memory"])
@pytest.mark.parametrize("records", [0, 1, 5, 9])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_first_run_that_breaks_off_is_continued(
    mirror: Mirror, breakdown: Breakdown, stream: str, records: int, kept: str
) -> None:
    breakdown.after(records, stream, kept=kept)
    assert mirror.load(stream, sweep_hours=24) == [stream]
    assert not mirror.differences(stream)
    assert mirror.load(stream, sweep_hours=24) == []
    assert not mirror.boards_asked


@pytest.mark.parametrize("kept", ["written", "memory"])
def test_boards_that_were_read_are_not_read_again(
    mirror: Mirror, desk: Desk, breakdown: Breakdown, kept: str
) -> None:
    read, unread = set(desk.boards()[:3]), set(desk.boards()[3:])
    breakdown.after(30, "cards", kept=kept)
    mirror.load("cards", sweep_hours=24)
    assert mirror.boards_asked == unread
    assert {card["idBoard"] for card in mirror.read("cards")} == unread
    assert mirror.tables.ids("cards") > {card["id"] for each in read for card in desk.cards(each)}


@pytest.mark.parametrize("records", [0, 15, 45])
def test_a_sweep_that_breaks_off_deletes_nothing_too_much_and_nothing_too_little(
    mirror: Mirror, desk: Desk, breakdown: Breakdown, records: int
) -> None:
    mirror.load("cards", sweep_hours=24)
    boards = desk.boards()
    for board in boards[1:3]:
        desk.delete(f"/cards/{desk.cards(board)[0]['id']}")
    breakdown.after(records, "cards", kept="written", sweep_hours=0)
    desk.delete(f"/cards/{desk.cards(boards[0])[0]['id']}")
    desk.delete(f"/cards/{desk.cards(boards[5])[0]['id']}")
    desk.move(desk.cards(boards[4])[0]["id"], boards[0])
    for _ in range(2):
        mirror.load("cards", sweep_hours=24)
    assert not mirror.differences("cards")


def test_a_board_that_is_deleted_after_it_was_read_by_a_run_that_broke_off_is_told(
    mirror: Mirror, desk: Desk, breakdown: Breakdown
) -> None:
    board = desk.boards()[0]
    breakdown.after(30, "cards", kept="written")
    assert board in {row["idBoard"] for row in mirror.tables.rows["cards"].values()}
    desk.delete(f"/boards/{board}")
    assert mirror.load("cards", sweep_hours=24) == ["cards"]
    assert not mirror.differences("cards")


def test_a_sweep_that_broke_off_is_not_begun_again_and_again_while_a_board_is_out_of_sight(
    mirror: Mirror, desk: Desk, breakdown: Breakdown
) -> None:
    mirror.load("cards", sweep_hours=24)
    breakdown.after(30, "cards", kept="written", sweep_hours=0)
    lost, *_ = desk.boards()
    own = desk.client.get("/members/me")["id"]
    headers = desk.box.authorization(desk.box.token("annahavblikk"))
    desk.delete(f"/boards/{lost}/members/{own}")
    assert mirror.load("cards", sweep_hours=24) == []
    assert mirror.load("cards", sweep_hours=24) == []
    assert not mirror.boards_asked
    path = f"/boards/{lost}/members/{own}"
    desk.client.request("PUT", path, json={"type": "normal"}, headers=headers)
    desk.delete(f"/cards/{desk.cards(lost)[0]['id']}")
    assert mirror.load("cards", sweep_hours=24) == ["cards"]
    assert not mirror.differences("cards")


@pytest.mark.parametrize("records", [0, 1, 2])
def test_reading_what_is_new_that_breaks_off_is_repeated(
    mirror: Mirror, desk: Desk, breakdown: Breakdown, records: int
) -> None:
    mirror.load("cards", sweep_hours=24)
    for board in desk.boards()[:3]:
        card = desk.cards(board)[0]["id"]
        desk.client.request("PUT", f"/cards/{card}", json={"name": "New"})
    breakdown.after(records, "cards", kept="memory")
    mirror.load("cards", sweep_hours=24)
    assert not mirror.differences("cards")
