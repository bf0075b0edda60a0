"""The stream of actions: new ones, edits, copies, and the state that finds them."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import PluginError
from tap_trello.board_actions import BoardActions, FirstPages, Position
from tap_trello.bookmarks import Bookmark, Newest
from tap_trello.footer import Footer, render
from tap_trello.instants import instant_of
from tap_trello.tap import TapTrello

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Run = Callable[..., list[dict[str, Any]]]

ONLY = ("actions",)


def records(messages: list[dict[str, Any]], stream: str = "actions") -> list[dict[str, Any]]:
    return [
        message["record"]
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == stream
    ]


def last_state(messages: list[dict[str, Any]]) -> dict[str, Any]:
    state: dict[str, Any] = [each["value"] for each in messages if each["type"] == "STATE"][-1]
    return state


def ids(messages: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records(messages)]


@pytest.fixture
def cards(client: TrelloClient) -> list[dict[str, Any]]:
    board = client.get("/members/me/boards")[0]["id"]
    cards: list[dict[str, Any]] = client.get(f"/boards/{board}/cards")
    return cards


@pytest.fixture
def write(client: TrelloClient, cards: list[dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """Writes a comment on the first card."""

    def write(text: str) -> dict[str, Any]:
        path = f"/cards/{cards[0]['id']}/actions/comments"
        comment: dict[str, Any] = client.request("POST", path, json={"text": text})
        return comment

    return write


def edit(client: TrelloClient, comment: dict[str, Any], text: str) -> dict[str, Any]:
    path = f"/actions/{comment['id']}"
    edited: dict[str, Any] = client.request("PUT", path, json={"text": text})
    return edited


def test_the_first_run_reads_every_action_of_every_board_once(
    run: Run, client: TrelloClient
) -> None:
    expected = {
        action["id"]
        for board in client.get("/members/me/boards")
        for action in client.get(f"/boards/{board['id']}/actions?limit=1000")
    }
    read = ids(run(streams=ONLY))
    assert len(read) == len(set(read))
    assert set(read) == expected


def test_records_are_what_the_api_answers(run: Run, client: TrelloClient) -> None:
    read = {record["id"]: record for record in records(run(streams=ONLY))}
    for board in client.get("/members/me/boards"):
        for action in client.get(f"/boards/{board['id']}/actions?limit=1000"):
            assert read[action["id"]] == action


def test_the_next_run_reads_what_is_new_and_no_other_comment(
    run: Run, write: Callable[[str], dict[str, Any]]
) -> None:
    state = last_state(run(streams=ONLY))
    comment = write("new")
    read = run(state, streams=ONLY)
    assert ids(read) == [comment["id"]]
    assert ids(run(last_state(read), streams=ONLY)) == []


@pytest.mark.parametrize("touches", [True, False])
def test_an_edit_of_an_old_comment_is_read_by_the_next_run(
    box: RunningSandbox,
    run: Run,
    client: TrelloClient,
    write: Callable[[str], dict[str, Any]],
    touches: bool,
) -> None:
    box.switch(comment_edit_touches_card=touches)
    old = write("old")
    write("newer")
    state = last_state(run(streams=ONLY))
    edit(client, old, "edited")
    found = [record for record in records(run(state, streams=ONLY)) if record["id"] == old["id"]]
    assert [record["data"]["text"] for record in found] == ["edited"]


def test_every_later_edit_is_read_as_well(
    run: Run, client: TrelloClient, write: Callable[[str], dict[str, Any]]
) -> None:
    one, other = write("one"), write("other")
    write("newest")
    state = last_state(run(streams=ONLY))
    for comment in (one, other, one):
        text = edit(client, comment, f"edited at {time.monotonic_ns()}")["data"]["text"]
        messages = run(state, streams=ONLY)
        state = last_state(messages)
        read = {
            record["id"]: record["data"]["text"]
            for record in records(messages)
            if "text" in record["data"]
        }
        assert read[comment["id"]] == text


def test_a_comment_that_is_new_and_edited_is_given_once(
    run: Run, client: TrelloClient, write: Callable[[str], dict[str, Any]]
) -> None:
    state = last_state(run(streams=ONLY))
    comment = edit(client, write("new"), "edited")
    assert ids(run(state, streams=ONLY)).count(comment["id"]) == 1


def test_edits_of_comments_older_than_the_lookback_are_not_looked_for(
    run: Run,
    client: TrelloClient,
    cards: list[dict[str, Any]],
    write: Callable[[str], dict[str, Any]],
) -> None:
    feed = client.get(f"/boards/{cards[0]['idBoard']}/actions?filter=commentCard&limit=1000")
    old = next(each for each in feed if each["memberCreator"]["username"] == "crmsync")
    state = last_state(run(streams=ONLY))
    edit(client, old, "edited")
    write("so that the board is looked at")
    lookback = {"streams": ONLY, "sweep_hours": 24}
    assert old["id"] not in ids(run(state, edit_lookback_days=1, **lookback))
    assert old["id"] in ids(run(state, edit_lookback_days=36500, **lookback))


def test_comments_of_a_copied_card_are_read_though_their_dates_are_old(
    run: Run,
    client: TrelloClient,
    cards: list[dict[str, Any]],
    write: Callable[[str], dict[str, Any]],
) -> None:
    write("copied along")
    state = last_state(run(streams=ONLY))
    body = {
        "idCardSource": cards[0]["id"],
        "idList": cards[0]["idList"],
        "keepFromSource": "all",
    }
    copy = client.request("POST", "/cards", json=body)
    expected = {
        action["id"] for action in client.get(f"/cards/{copy['id']}/actions?filter=copyCommentCard")
    }
    messages = run(state, streams=ONLY)
    read = ids(messages)
    assert expected
    assert expected <= set(read)
    assert len(read) == len(set(read))


def test_a_copied_card_that_is_gone_already_stops_nothing(
    run: Run, client: TrelloClient, cards: list[dict[str, Any]]
) -> None:
    state = last_state(run(streams=ONLY))
    body = {"idCardSource": cards[0]["id"], "idList": cards[0]["idList"], "keepFromSource": "all"}
    copy = client.request("POST", "/cards", json=body)
    client.request("DELETE", f"/cards/{copy['id']}")
    assert last_state(run(state, streams=ONLY))


def test_a_card_that_was_moved_on_to_where_it_can_not_be_seen_stops_nothing(
    box: RunningSandbox, run: Run, client: TrelloClient, cards: list[dict[str, Any]]
) -> None:
    state = last_state(run(streams=ONLY))
    body = {"idCardSource": cards[0]["id"], "idList": cards[0]["idList"], "keepFromSource": "all"}
    copy = client.request("POST", "/cards", json=body)
    headers = box.authorization(box.token("annahavblikk"))
    hidden = client.request("POST", "/boards", json={"name": "Hidden"}, headers=headers)
    move = {"idBoard": hidden["id"]}
    client.request("PUT", f"/cards/{copy['id']}", json=move, headers=headers)
    assert last_state(run(state, streams=ONLY))


def test_the_final_state_holds_bookmarks_and_nothing_of_the_way_there(run: Run) -> None:
    partitions = last_state(run(streams=ONLY))["bookmarks"]["actions"]["partitions"]
    assert len(partitions) == 6
    allowed = {
        *("context", "replication_key", "replication_key_value", "newest_ids"),
        *("edits_bookmark", "comments", "activity"),
    }
    assert all(set(partition) <= allowed for partition in partitions)
    assert all(partition["replication_key"] == "date" for partition in partitions)


def test_a_run_that_breaks_off_advances_only_the_boards_that_were_read_to_their_end(
    box: RunningSandbox, client: TrelloClient, config: dict[str, Any]
) -> None:
    boards = [board["id"] for board in client.get("/members/me/boards")]
    box.add_fault(
        "status", system="trello", path=f"/boards/{boards[2]}/actions", status=400, in_batch=True
    )
    tap = TapTrello(config=config)
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())), pytest.raises(PluginError):
        tap.streams["actions"].sync()
    partitions = tap.state["bookmarks"]["actions"]["partitions"]
    advanced = [
        partition["context"]["idBoard"]
        for partition in partitions
        if "replication_key_value" in partition
    ]
    assert advanced == boards[:2]


def test_a_batch_that_fails_in_passing_is_repeated(
    box: RunningSandbox, run: Run, write: Callable[[str], dict[str, Any]]
) -> None:
    state = last_state(run(streams=ONLY))
    comment = write("new")
    box.add_fault("status", system="trello", path="/batch", status=503, count=1)
    assert comment["id"] in ids(run(state, streams=ONLY))


def test_actions_before_the_start_date_are_left_out(run: Run) -> None:
    everything = records(run(streams=ONLY))
    middle = sorted(record["date"] for record in everything)[len(everything) // 2]
    read = records(run(streams=ONLY, start_date=middle))
    assert sorted(record["id"] for record in read) == sorted(
        record["id"] for record in everything if record["date"] >= middle
    )


def test_an_idle_run_is_a_handful_of_requests(box: RunningSandbox, run: Run) -> None:
    state = last_state(run())
    box.reset_requests()
    run(state, sweep_hours=24)
    assert box.requests()["trello"]["GET"] <= 8


def test_a_footer_in_the_future_does_not_move_the_bookmark(
    run: Run, write: Callable[[str], dict[str, Any]]
) -> None:
    comment = write(render("Call", Footer("2031-01-01T10:00:00+01:00", record="1", label="X")))
    messages = run(streams=ONLY, read_footers=True)
    record = next(each for each in records(messages) if each["id"] == comment["id"])
    assert record["date"] == "2031-01-01T09:00:00.000Z"
    newest = max(
        partition["replication_key_value"]
        for partition in last_state(messages)["bookmarks"]["actions"]["partitions"]
    )
    assert newest == comment["date"]


def test_footers_are_read_only_when_wanted_and_only_of_trusted_authors(
    box: RunningSandbox, run: Run, client: TrelloClient, cards: list[dict[str, Any]]
) -> None:
    people = {
        member["username"]: member for member in records(run(streams=("members",)), "members")
    }
    owner = people["bardnordhei"]
    text = render("Call", Footer("2025-01-01T10:00:00Z", "bardnordhei", "1", "CRMOffice"))
    token = box.token("annahavblikk")
    headers = box.authorization(token)
    path = f"/cards/{cards[0]['id']}/actions/comments"
    own = client.request("POST", path, json={"text": text})["id"]
    others = client.request("POST", path, json={"text": text}, headers=headers)["id"]

    def read(**settings: Any) -> dict[str, dict[str, Any]]:
        return {record["id"]: record for record in records(run(streams=ONLY, **settings))}

    plain = read()
    assert plain[own]["data"]["text"] == text
    assert "footer" not in plain[own]
    assert "unstated" not in plain[own]
    told = read(read_footers=True)
    assert told[own]["data"]["text"] == "Call"
    assert told[own]["memberCreator"]["id"] == owner["id"]
    assert told[own]["date"] == "2025-01-01T10:00:00.000Z"
    assert told[others]["data"]["text"] == text
    trusting = {people["annahavblikk"]["id"]: token}
    assert read(read_footers=True, member_tokens=trusting)[others]["data"]["text"] == "Call"


def test_a_full_table_replication_reads_everything_again_and_keeps_no_bookmark(
    run: Run, config: dict[str, Any]
) -> None:
    state = last_state(run(streams=ONLY))
    tap = TapTrello(config=config, state=state)
    stream = tap.streams["actions"]
    stream.forced_replication_method = "FULL_TABLE"
    read = [record["id"] for record in stream.get_records(None)]
    assert read == ids(run(streams=ONLY))


def test_the_bookmark_of_edits_never_passes_the_time_at_which_reading_began(
    client: TrelloClient, cards: list[dict[str, Any]], write: Callable[[str], dict[str, Any]]
) -> None:
    began = datetime.now(timezone.utc) - timedelta(hours=1)
    edit(client, write("old"), "edited while the comments were being read")
    reading = BoardActions(client, cards[0]["idBoard"], Position())
    list(reading.read(FirstPages(began)))
    assert reading.bookmark.edited == began


def test_the_bookmark_of_edits_includes_its_own_millisecond(
    client: TrelloClient, cards: list[dict[str, Any]], write: Callable[[str], dict[str, Any]]
) -> None:
    edited = edit(client, write("old"), "edited")
    later = Newest(instant_of(write("newest")["date"]) + timedelta(seconds=1))
    bookmark = Bookmark(newest=later, edited=instant_of(edited["data"]["dateLastEdited"]))
    reading = BoardActions(client, cards[0]["idBoard"], Position(bookmark))
    portions = reading.read(FirstPages(None))
    assert [edited["id"]] == [action["id"] for each in portions for action in each.actions]
