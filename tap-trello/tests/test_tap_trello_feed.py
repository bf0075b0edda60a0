"""Reading feeds exactly."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.store import Store
from sandbox.trello import journal
from singer_rest import RecordRefused, StopRun
from tap_trello.client import TrelloClient
from tap_trello.feed import Feed, read_feed, read_pages
from tap_trello.instants import instant_of, trello_time
from tap_trello.well_formed import well_formed

from sandbox import credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.testing import RunningSandbox


class WithoutPages(TrelloClient):
    """Trello as it would be if it did not know `page`."""

    def __init__(self, box: RunningSandbox) -> None:
        super().__init__(credentials.TRELLO_KEY, credentials.TRELLO_TOKEN, base_url=box.trello_url)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return super().get(path.partition("&page=")[0], params)


NOON = datetime(2026, 2, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def board(client: TrelloClient) -> dict[str, Any]:
    board: dict[str, Any] = client.get("/members/me/boards")[0]
    return board


def happen(box: RunningSandbox, board: dict[str, Any], at: datetime, count: int) -> set[str]:
    """Let `count` actions happen on a board in one millisecond; return their ids."""
    store = Store(box.data / "sandbox.db")
    millisecond = round(at.timestamp() * 1000)
    data = journal.place(board=board)
    creator = store.rows("SELECT creator FROM actions LIMIT 1")[0][0]
    ids = {
        journal.record(store, "updateBoard", creator, data, at=millisecond)["id"]
        for _ in range(count)
    }
    store.commit()
    store.close()
    return ids


def feed_of(board: dict[str, Any], **settings: Any) -> Feed:
    return Feed(f"/boards/{board['id']}/actions", **settings)


def times_read(client: TrelloClient, feed: Feed) -> Counter[str]:
    return Counter(action["id"] for action in read_feed(client, feed))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50, 1000])
def test_every_action_is_read_once_however_large_the_pages(
    box: RunningSandbox, client: TrelloClient, board: dict[str, Any], limit: int
) -> None:
    for offset in (0, 0, 1, 1, 2, 999, 1000, 1000, 1001):
        happen(box, board, NOON + timedelta(milliseconds=offset), 2)
    whole = times_read(client, feed_of(board))
    assert set(whole.values()) == {1}
    assert times_read(client, feed_of(board, limit=limit)) == whole


@pytest.mark.parametrize("count", [999, 1000, 1001, 1500, 2000, 2500])
def test_actions_of_one_millisecond_are_each_read_once_and_older_ones_follow(
    box: RunningSandbox, client: TrelloClient, board: dict[str, Any], count: int
) -> None:
    before = set(times_read(client, feed_of(board)))
    crowd = happen(box, board, NOON, count)
    newer = happen(box, board, NOON + timedelta(milliseconds=1), 3)
    assert times_read(client, feed_of(board)) == Counter(before | crowd | newer)


def test_where_pages_can_not_be_turned_the_older_actions_still_follow_and_it_is_told(
    box: RunningSandbox,
    client: TrelloClient,
    board: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = set(times_read(client, feed_of(board)))
    crowd = happen(box, board, NOON, 1500)
    read = times_read(WithoutPages(box), feed_of(board))
    assert set(read.values()) == {1}
    assert before <= set(read)
    assert len(set(read) & crowd) == 1000
    assert "more actions share 2026-02-01T12:00:00.000Z" in caplog.text


@pytest.mark.parametrize("inclusive", [True, False])
def test_since_includes_its_own_millisecond_and_nothing_older(
    *, box: RunningSandbox, client: TrelloClient, board: dict[str, Any], inclusive: bool
) -> None:
    box.switch(since_inclusive=inclusive)
    happen(box, board, NOON - timedelta(milliseconds=1), 1)
    expected = happen(box, board, NOON, 2) | happen(box, board, NOON + timedelta(days=1), 1)
    assert set(times_read(client, feed_of(board, since=NOON))) == expected


def test_a_refusal_of_a_small_page_is_not_answered_with_larger_ones(
    box: RunningSandbox, client: TrelloClient, board: dict[str, Any]
) -> None:
    box.add_fault("status", system="trello", path="/actions", status=403)
    box.reset_requests()
    first = RecordRefused("Trello answers 403", status=403)
    with pytest.raises(RecordRefused):
        list(read_pages(client, feed_of(board), first_page=first, first_limit=40))
    assert box.requests()["trello"]["GET"] == 2


def test_only_the_wanted_types_are_read(client: TrelloClient, board: dict[str, Any]) -> None:
    types = ("commentCard", "copyCommentCard")
    read = {action["type"] for action in read_feed(client, feed_of(board, types=types))}
    assert read <= set(types)
    assert "commentCard" in read


def test_times_are_read_and_written_as_trello_writes_them() -> None:
    assert trello_time(instant_of("2026-01-31T09:00:00.123999+01:00")) == "2026-01-31T08:00:00.123Z"
    assert instant_of("2026-01-31T08:00:00.1Z").microsecond == 100_000
    with pytest.raises(ValueError, match="offset"):
        instant_of("2026-01-31T08:00:00")


@pytest.mark.parametrize("limit", [2, 3, 5])
@pytest.mark.parametrize("pages_before", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("is_all_at_once", [False, True])
def test_comments_deleted_meanwhile_hide_none_of_their_millisecond_and_nothing_older(
    *,
    box: RunningSandbox,
    client: TrelloClient,
    board: dict[str, Any],
    limit: int,
    pages_before: int,
    is_all_at_once: bool,
) -> None:
    older = set(times_read(client, feed_of(board)))
    card = client.get(f"/boards/{board['id']}/cards")[0]["id"]
    wish = {"card": card, "date": trello_time(NOON), "data": {"text": "One of many"}}
    crowd = set(box.plant_actions([wish] * 6 * limit))
    read: Counter[str] = Counter()
    deleted: set[str] = set()
    for number, page in enumerate(read_pages(client, feed_of(board, limit=limit))):
        read.update(action["id"] for action in page.actions)
        if number >= pages_before:
            there = sorted(crowd & set(read) - deleted)
            for action in there if is_all_at_once else there[:1]:
                client.request("DELETE", f"/actions/{action}")
                deleted.add(action)
    assert crowd | older <= set(read)
    assert set(read.values()) == {1}


ODD: list[dict[str, Any]] = [
    {"date": None},
    {"date": "yesterday"},
    {"date": "2026-02-01T12:00:00"},
    {"data": None},
    {"data": {"dateLastEdited": "yesterday"}},
    {"data": {"card": None, "text": None}},
    {"data": {"card": "a card"}},
    {"type": None},
    {"idMemberCreator": None},
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("is_lacking", [False, True])
def test_an_odd_action_stops_nothing_and_is_read_once(
    box: RunningSandbox,
    run: Callable[..., list[dict[str, Any]]],
    board: dict[str, Any],
    odd: dict[str, Any],
    is_lacking: bool,
) -> None:
    (odd_id,) = happen(box, board, NOON, 1)
    with closing(Store(box.data / "sandbox.db")) as store:
        action = {**(journal.get(store, odd_id) or {}), "type": "commentCard", **odd}
        if is_lacking:
            action = {name: value for name, value in action.items() if value is not None}
        sql = "UPDATE actions SET type = 'commentCard', body = ? WHERE id = ?"
        store.write(sql, (json.dumps(action), odd_id))
        store.commit()
    state: dict[str, Any] | None = None
    read: Counter[str] = Counter()
    for _ in range(3):
        messages = run(state, streams=("actions",), read_footers=True)
        state = messages[-1]["value"]
        read.update(each["record"]["id"] for each in messages if each["type"] == "RECORD")
    assert set(read.values()) == {1}
    assert odd_id in read


@pytest.mark.parametrize(
    "answer", [{"id": "x"}, ["x"], [{"date": "2026-02-01T12:00:00.000Z"}], [{"id": "no id"}]]
)
def test_what_is_no_action_at_all_is_told_in_one_line(answer: Any) -> None:
    with pytest.raises(StopRun, match=r"GET /boards/b/actions with (something|an action)"):
        well_formed(answer, "/boards/b/actions")
