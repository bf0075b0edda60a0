"""Deletions of actions: noticed by counting comments, told by a full read."""

from __future__ import annotations

import copy
import io
import json
import random
from collections import deque
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import PluginError
from tap_trello.board_actions import BoardActions, FirstPages, Position
from tap_trello.census import is_any_missing
from tap_trello.rounds import Round
from tap_trello.tap import TapTrello

from tests.versioned_table import VersionedTables

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Json = dict[str, Any]
    Messages = list[Json]
    Run = Callable[..., Messages]

COMMENTS = ("commentCard", "copyCommentCard")


class Warehouse:
    """Runs the tap on and on for the actions, into a versioned table."""

    def __init__(self, run: Run, client: TrelloClient) -> None:
        self._run = run
        self._client = client
        self.tables = VersionedTables()
        self.state: Json | None = None
        self.messages: Messages = []

    def load(self, **settings: Any) -> bool:
        """Run once; say whether deletions were told."""
        self.messages = self._run(self.state, streams=("actions",), **settings)
        self.tables.load(self.messages)
        states = [each["value"] for each in self.messages if each["type"] == "STATE"]
        self.state = states[-1]
        kinds = [each["type"] for each in self.messages]
        if "ACTIVATE_VERSION" not in kinds:
            return False
        assert kinds[-2:] == ["ACTIVATE_VERSION", "STATE"]
        assert kinds.count("ACTIVATE_VERSION") == 1
        return True

    def age(self, hours: int) -> None:
        """Let the last sweep be longer ago."""
        assert self.state is not None
        part = self.state["bookmarks"]["actions"]
        moment = datetime.fromisoformat(part["swept_at"]) - timedelta(hours=hours)
        part["swept_at"] = moment.isoformat()

    @property
    def comments(self) -> set[str]:
        rows = self.tables.rows["actions"].values()
        return {row["id"] for row in rows if row["type"] in COMMENTS}

    @property
    def read(self) -> list[str]:
        return [each["record"]["id"] for each in self.messages if each["type"] == "RECORD"]

    @property
    def versions(self) -> set[int | None]:
        return {each.get("version") for each in self.messages if each["type"] == "RECORD"}

    @property
    def source(self) -> set[str]:
        """The ids of all comments on the member's boards."""
        boards = self._client.get("/members/me/boards?filter=all")
        query = f"filter={','.join(COMMENTS)}&limit=1000"
        feeds = [self._client.get(f"/boards/{each['id']}/actions?{query}") for each in boards]
        return {action["id"] for feed in feeds for action in feed}


@pytest.fixture
def warehouse(run: Run, client: TrelloClient) -> Warehouse:
    return Warehouse(run, client)


def test_the_version_is_activated_after_the_last_action(warehouse: Warehouse) -> None:
    assert warehouse.load()
    kinds = [each["type"] for each in warehouse.messages]
    assert kinds.index("ACTIVATE_VERSION") > max(
        index for index, kind in enumerate(kinds) if kind == "RECORD"
    )
    (version,) = warehouse.versions
    assert version == warehouse.messages[kinds.index("ACTIVATE_VERSION")]["version"]
    assert len(warehouse.read) == len(set(warehouse.read))


def test_a_deleted_comment_is_told_by_the_next_run_and_only_once(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    before = warehouse.comments
    gone = desk.comments(desk.boards()[1])[5]
    desk.delete(f"/actions/{gone}")
    assert warehouse.load()
    assert warehouse.comments == before - {gone} == warehouse.source
    assert not warehouse.load()
    assert len(warehouse.read) < 15


@pytest.mark.parametrize("touches", [True, False])
def test_a_deletion_of_the_newest_action_of_all_is_noticed(
    warehouse: Warehouse, desk: Desk, touches: bool
) -> None:
    desk.box.switch(comment_delete_touches_card=touches)
    comment = desk.write(desk.cards(desk.boards()[0])[0]["id"])
    warehouse.load()
    desk.delete(f"/actions/{comment}")
    assert warehouse.load()
    assert comment not in warehouse.comments
    assert not warehouse.load()


def test_the_comments_of_a_deleted_card_are_told(warehouse: Warehouse, desk: Desk) -> None:
    card = desk.cards(desk.boards()[0])[0]["id"]
    comment = desk.write(card)
    warehouse.load()
    desk.delete(f"/cards/{card}")
    assert warehouse.load()
    assert comment not in warehouse.comments
    assert warehouse.comments == warehouse.source


def test_new_edited_and_copied_comments_are_no_deletion(warehouse: Warehouse, desk: Desk) -> None:
    board = desk.boards()[0]
    card = desk.cards(board)[0]["id"]
    old = desk.write(card)
    warehouse.load()
    desk.write(card)
    desk.edit(old, "Edited")
    desk.copy(card, desk.first_list(board))
    desk.copy(card, desk.first_list(desk.boards()[3]))
    for _ in range(3):
        assert not warehouse.load()
        assert warehouse.comments == warehouse.source


def test_a_comment_that_came_and_went_between_two_runs_is_no_deletion(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    desk.delete(f"/actions/{desk.write(desk.cards(desk.boards()[0])[0]['id'])}")
    assert not warehouse.load()


def test_a_deletion_is_noticed_though_as_many_comments_are_new(
    warehouse: Warehouse, desk: Desk
) -> None:
    board = desk.boards()[0]
    warehouse.load()
    desk.delete(f"/actions/{desk.comments(board)[0]}")
    desk.write(desk.cards(board)[0]["id"])
    assert warehouse.load()
    assert warehouse.comments == warehouse.source


def test_a_card_that_is_moved_takes_its_comments_along(warehouse: Warehouse, desk: Desk) -> None:
    one, other, third, *_ = desk.boards()
    card = desk.cards(one)[0]["id"]
    comment = desk.write(card)
    warehouse.load()
    for board in (other, third, one):
        desk.move(card, board)
        for _ in range(2):  # the move stays the newest action, and is read again
            assert not warehouse.load()
            assert warehouse.comments == warehouse.source
    desk.move(card, other)
    desk.move(card, third)
    assert not warehouse.load()
    desk.move(card, one)
    desk.move(card, third)
    assert not warehouse.load()
    desk.delete(f"/actions/{comment}")
    assert warehouse.load()
    assert comment not in warehouse.comments


def test_a_comment_that_is_deleted_from_a_moved_card_is_noticed(
    warehouse: Warehouse, desk: Desk
) -> None:
    one, other, *_ = desk.boards()
    card = desk.cards(one)[0]["id"]
    comment = desk.write(card)
    warehouse.load()
    desk.move(card, other)
    desk.write(card)
    desk.delete(f"/actions/{comment}")
    assert warehouse.load()
    assert warehouse.comments == warehouse.source


def test_a_card_that_is_moved_to_a_new_board_is_no_deletion(
    warehouse: Warehouse, desk: Desk
) -> None:
    card = desk.cards(desk.boards()[0])[0]["id"]
    desk.write(card)
    warehouse.load()
    desk.move(card, desk.new_board())
    desk.write(card)
    assert not warehouse.load()
    assert warehouse.comments == warehouse.source
    assert not warehouse.load()


def test_a_card_from_a_board_that_is_not_covered_brings_new_comments(
    warehouse: Warehouse, desk: Desk
) -> None:
    one, other, *_ = desk.boards()
    card = desk.cards(one)[0]["id"]
    comment = desk.write(card)
    warehouse.load(board_ids=[other])
    desk.move(card, other)
    for _ in range(2):
        assert not warehouse.load(board_ids=[other])
        assert comment in warehouse.comments


def test_a_card_on_a_board_that_is_not_covered_counts_as_gone(
    warehouse: Warehouse, desk: Desk
) -> None:
    one, other, *_ = desk.boards()
    card = desk.cards(one)[0]["id"]
    comment = desk.write(card)
    warehouse.load(board_ids=[one])
    desk.move(card, other)
    assert warehouse.load(board_ids=[one])
    assert comment not in warehouse.comments
    assert not warehouse.load(board_ids=[one])


def test_a_deleted_board_is_told_once_and_forgotten(warehouse: Warehouse, desk: Desk) -> None:
    board = desk.boards()[2]
    warehouse.load()
    desk.delete(f"/boards/{board}")
    assert warehouse.load()
    assert warehouse.comments == warehouse.source
    assert board not in str(warehouse.state)
    assert not warehouse.load()


def test_a_board_out_of_sight_deletes_nothing_here_or_elsewhere(
    warehouse: Warehouse, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    lost, other, *_ = desk.boards()
    own = desk.client.get("/members/me")["id"]
    headers = desk.box.authorization(desk.box.token("annahavblikk"))
    warehouse.load()
    before = warehouse.comments
    gone = desk.comments(other)[0]
    desk.delete(f"/boards/{lost}/members/{own}")
    desk.delete(f"/actions/{gone}")
    for _ in range(2):
        caplog.clear()
        assert not warehouse.load()
        assert warehouse.comments == before
        warnings = [each for each in caplog.records if each.levelname == "WARNING"]
        assert len(warnings) == 1
        assert f"board {lost} was read before and is out of sight" in warnings[0].getMessage()
    put = f"/boards/{lost}/members/{own}"
    desk.client.request("PUT", put, json={"type": "normal"}, headers=headers)
    assert warehouse.load()
    assert warehouse.comments == before - {gone}
    assert not warehouse.load()


def test_a_narrower_choice_of_boards_deletes_nothing_in_whichever_run(
    warehouse: Warehouse, desk: Desk
) -> None:
    one, other, *_ = desk.boards()
    warehouse.load()
    before = warehouse.comments
    for _ in range(3):
        assert not warehouse.load(board_ids=[one])
    desk.write(desk.cards(one)[0]["id"])
    desk.delete(f"/actions/{desk.comments(other)[0]}")
    assert not warehouse.load(board_ids=[one])
    assert before < warehouse.comments
    assert warehouse.load()
    assert warehouse.comments == warehouse.source


def test_a_run_without_state_tells_that_what_it_does_not_read_is_gone(
    warehouse: Warehouse, desk: Desk
) -> None:
    one, *_ = desk.boards()
    warehouse.load()
    for part in (warehouse.tables.versions["actions"],):
        part.update(dict.fromkeys(part, 1_000_000_000))  # loaded long ago
    warehouse.state = None
    assert warehouse.load(board_ids=[one])
    assert warehouse.comments == set(desk.comments(one))


def test_with_a_lookback_deletions_are_looked_for_by_the_hours(
    warehouse: Warehouse, desk: Desk
) -> None:
    settings = {"edit_lookback_days": 1, "sweep_hours": 6}
    warehouse.load(**settings)
    desk.delete(f"/actions/{desk.comments(desk.boards()[0])[0]}")
    assert not warehouse.load(**settings)
    warehouse.age(hours=6)
    assert not warehouse.load(**{**settings, "sweep_hours": 7})
    assert warehouse.load(**settings)
    assert warehouse.comments == warehouse.source
    assert not warehouse.load(**settings)


def test_without_a_lookback_the_hours_do_not_matter(warehouse: Warehouse) -> None:
    warehouse.load()
    warehouse.age(hours=100)
    assert not warehouse.load()


def test_what_was_deleted_under_a_lookback_is_noticed_when_it_is_lifted(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    desk.write(desk.cards(desk.boards()[0])[0]["id"])
    desk.delete(f"/actions/{desk.comments(desk.boards()[0])[3]}")
    assert not warehouse.load(edit_lookback_days=1, sweep_hours=24)
    assert warehouse.load()
    assert warehouse.comments == warehouse.source
    assert not warehouse.load()


def test_a_state_of_an_earlier_release_leads_to_a_full_read(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    old = ("context", "replication_key", "replication_key_value", "edits_bookmark")
    assert warehouse.state is not None
    partitions = warehouse.state["bookmarks"]["actions"]["partitions"]
    warehouse.state["bookmarks"]["actions"] = {
        "partitions": [{name: part[name] for name in old if name in part} for part in partitions]
    }
    warehouse.tables = VersionedTables()
    desk.delete(f"/actions/{desk.comments(desk.boards()[0])[0]}")
    assert warehouse.load()
    assert warehouse.comments == warehouse.source
    assert not warehouse.load()


def test_what_a_later_start_date_leaves_out_is_not_deleted(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    before = warehouse.comments
    dates = sorted(row["date"] for row in warehouse.tables.rows["actions"].values())
    gone = desk.comments(desk.boards()[0])[0]
    desk.delete(f"/actions/{gone}")
    for _ in range(2):
        assert not warehouse.load(start_date=dates[300])
    assert warehouse.comments == before
    assert warehouse.load()
    assert warehouse.comments == before - {gone}


def test_deletions_are_told_with_a_start_date_as_well(warehouse: Warehouse, desk: Desk) -> None:
    board = desk.boards()[0]
    start = desk.client.get(f"/boards/{board}/actions?limit=1000")[50]["date"]
    warehouse.load(start_date=start)
    gone = desk.comments(board)[0]
    assert gone in warehouse.comments
    desk.delete(f"/actions/{gone}")
    assert warehouse.load(start_date=start)
    assert gone not in warehouse.comments
    assert not warehouse.load(start_date=start)


def test_an_earlier_start_date_brings_what_it_left_out(warehouse: Warehouse, desk: Desk) -> None:
    dates = [
        action["date"]
        for action in desk.client.get(f"/boards/{desk.boards()[0]}/actions?limit=1000")
    ]
    warehouse.load(start_date=dates[5])
    warehouse.load()
    assert warehouse.comments == warehouse.source


def test_records_in_between_have_the_version_of_the_last_full_read(
    warehouse: Warehouse, desk: Desk
) -> None:
    warehouse.load()
    first = warehouse.versions
    desk.write(desk.cards(desk.boards()[0])[0]["id"])
    warehouse.load()
    assert warehouse.versions == first
    desk.write(desk.cards(desk.boards()[0])[0]["id"])
    desk.delete(f"/actions/{desk.comments(desk.boards()[0])[5]}")
    warehouse.load()
    assert len(warehouse.versions) == 2
    desk.write(desk.cards(desk.boards()[0])[0]["id"])
    warehouse.load()
    assert warehouse.versions == {
        max(each or 0 for each in warehouse.tables.versions["actions"].values())
    }


def test_a_full_table_is_compared_in_each_run(config: Json) -> None:
    state: Json = {}
    for _ in range(2):
        tap = TapTrello(config=config, state=state)
        stream = tap.streams["actions"]
        stream.forced_replication_method = "FULL_TABLE"
        output = io.TextIOWrapper(io.BytesIO())
        with redirect_stdout(output):
            stream.sync()
        output.seek(0)
        assert output.read().count('"ACTIVATE_VERSION"') == 1
        state = copy.deepcopy(dict(tap.state))
        assert "replication_key_value" not in str(state)


def test_a_comment_that_comes_while_comments_are_read_is_no_deletion(desk: Desk) -> None:
    board = desk.boards()[0]
    reading = BoardActions(desk.client, board, Position())
    list(reading.read(FirstPages(None)))
    for _ in range(2):
        reading = BoardActions(desk.client, board, Position(reading.bookmark, reading.census.now))
        actions, comments = reading.first_paths
        first = desk.client.get(actions)
        desk.write(desk.cards(board)[0]["id"])
        list(reading.read(FirstPages(None, first, desk.client.get(comments))))
        assert not is_any_missing([reading.census])


@pytest.mark.parametrize("board", [0, 3, 5])
def test_a_full_read_that_breaks_off_tells_nothing_and_is_repeated(
    warehouse: Warehouse, desk: Desk, config: Json, monkeypatch: pytest.MonkeyPatch, board: int
) -> None:
    warehouse.load()
    before = warehouse.comments
    boards = desk.boards()
    desk.delete(f"/actions/{desk.comments(boards[1])[0]}")
    desk.write(desk.cards(boards[2])[0]["id"])
    read = Round.read_board

    def read_until(self: Round, board_id: str, reading: BoardActions, first: Any) -> Any:
        if board_id == boards[board] and reading.is_first:
            raise PluginError("the network is down")
        return read(self, board_id, reading, first)

    sweeping = {**config, "sweep_hours": 0}
    tap = TapTrello(config=sweeping, state=copy.deepcopy(warehouse.state))
    output = io.TextIOWrapper(io.BytesIO())
    with monkeypatch.context() as patched, redirect_stdout(output):
        patched.setattr(Round, "read_board", read_until)
        with pytest.raises(PluginError):
            tap.streams["actions"].sync()
    output.seek(0)
    messages = [json.loads(line) for line in output]
    assert "ACTIVATE_VERSION" not in {each["type"] for each in messages}
    warehouse.tables.load(messages)
    warehouse.state = copy.deepcopy(dict(tap.state))  # the most that can have been kept
    assert warehouse.load()
    assert warehouse.comments == warehouse.source
    assert len(warehouse.comments) == len(before)


def test_a_card_that_is_moved_while_all_is_read_is_not_missed(
    warehouse: Warehouse, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_, last = desk.boards()
    card = desk.cards(last)[0]["id"]
    desk.write(card)
    warehouse.load()
    before = warehouse.comments
    gone = desk.comments(first)[0]
    desk.delete(f"/actions/{gone}")
    moves = deque([(card, first)])
    read = Round.read_board

    def read_while_others_work(
        self: Round, board_id: str, reading: BoardActions, first: FirstPages
    ) -> Any:
        if board_id == last and reading.is_first and moves:
            desk.move(*moves.popleft())
            first = FirstPages(first.at)
        return read(self, board_id, reading, first)

    monkeypatch.setattr(Round, "read_board", read_while_others_work)
    assert warehouse.load()
    assert not moves
    assert warehouse.comments == before - {gone} == warehouse.source
    assert not warehouse.load()


def test_a_comment_that_is_deleted_while_all_is_read_is_told_by_the_next_run(
    warehouse: Warehouse, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_, last = desk.boards()
    deletions = deque(desk.comments(first)[:1])
    read = Round.read_board

    def read_while_others_work(self: Round, board_id: str, *further: Any) -> Any:
        if board_id == last and deletions:
            desk.delete(f"/actions/{deletions.popleft()}")
        return read(self, board_id, *further)

    monkeypatch.setattr(Round, "read_board", read_while_others_work)
    warehouse.load()
    assert len(warehouse.comments - warehouse.source) == 1
    assert warehouse.load()
    assert warehouse.comments == warehouse.source
    assert not warehouse.load()


def test_a_board_that_vanishes_while_it_is_read_is_told_by_the_next_run(
    warehouse: Warehouse, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = desk.boards()
    warehouse.load()
    before = warehouse.comments
    desk.delete(f"/actions/{desk.comments(boards[0])[0]}")
    deletions = deque(boards[5:6])
    read = Round.read_board

    def read_while_others_work(
        self: Round, board_id: str, reading: BoardActions, first: FirstPages
    ) -> Any:
        if board_id == boards[5] and reading.is_first and deletions:
            desk.delete(f"/boards/{deletions.popleft()}")
            first = FirstPages(first.at)
        return read(self, board_id, reading, first)

    monkeypatch.setattr(Round, "read_board", read_while_others_work)
    assert not warehouse.load()
    assert warehouse.comments == before
    assert warehouse.load()
    assert warehouse.comments == warehouse.source


def test_an_idle_run_costs_no_request_more_than_without_versions(
    warehouse: Warehouse, box: RunningSandbox
) -> None:
    counts = []
    warehouse.load()
    for emit in (True, False):
        box.reset_requests()
        warehouse.load(emit_activate_version_messages=emit)
        counts.append(box.requests()["trello"]["GET"])
    assert counts[0] == counts[1]


def test_without_the_messages_there_are_no_versions(warehouse: Warehouse, desk: Desk) -> None:
    for _ in range(2):
        assert not warehouse.load(emit_activate_version_messages=False)
        assert warehouse.versions == {None}
        desk.write(desk.cards(desk.boards()[0])[0]["id"])
        desk.delete(f"/actions/{desk.comments(desk.boards()[0])[5]}")


@pytest.mark.parametrize("seed", range(6))
def test_after_any_work_the_table_holds_what_the_boards_hold(
    warehouse: Warehouse, desk: Desk, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    warehouse.load()
    boards = desk.boards()
    for _ in range(4):
        is_any_deleted = False
        for _ in range(dice.randint(0, 6)):
            board = dice.choice(boards)
            cards = desk.cards(board)
            card, comments = dice.choice(cards)["id"], desk.comments(board)
            work = dice.choice(["write", "edit", "delete", "move", "copy", "move", "write"])
            if work == "write":
                desk.write(card)
            elif work == "edit":
                desk.edit(desk.write(card), "Edited")
            elif work == "delete" and comments:
                gone = dice.choice(comments)
                is_any_deleted |= gone in warehouse.comments
                desk.delete(f"/actions/{gone}")
            elif work == "move":
                desk.move(card, dice.choice(boards))
            elif work == "copy":
                desk.copy(card, desk.first_list(dice.choice(boards)))
        assert warehouse.load() == is_any_deleted
        assert warehouse.comments == warehouse.source
