"""The streams of one run, many threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from linked_target import Intent
from singer_rest import NotFound
from tap_trello.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable

    from linked_target import DestinationStream, Facts
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

    Open = Callable[..., dict[str, DestinationStream]]

THREADS = 16


def intent_for(stream: str, source_id: str) -> Intent:
    return Intent("crmoffice", stream, source_id, datetime.now(timezone.utc))


def in_parallel(action: Callable[[int], object], number: int = THREADS) -> list[Any]:
    """Call an action in so many threads, which all begin at the same moment."""
    together = threading.Barrier(number)

    def begin(index: int) -> object:
        together.wait(10)
        return action(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(begin, range(number)))


def paths_asked(box: RunningSandbox, method: str) -> list[str]:
    return [
        str(each["path"]).removeprefix("/trello/1")
        for each in box.log()
        if each["method"] == method
    ]


@pytest.fixture
def people(client: TrelloClient) -> dict[str, str]:
    """Ids by username."""
    return {each["username"]: each["id"] for each in Account(client).members}


def test_many_first_comments_make_one_card(
    box: RunningSandbox, open_streams: Open, facts: Facts
) -> None:
    actions = open_streams()["actions"]
    box.add_fault("latency", system="trello", seconds=0.01)
    box.reset_requests()

    made = in_parallel(
        lambda index: actions.create({"data__text": "Hi"}, intent_for("activities", str(index)))
    )

    assert len({each["id"] for each in made}) == THREADS
    assert len({each["data"]["card"]["id"] for each in made}) == 1
    posted = paths_asked(box, "POST")
    assert [path for path in posted if "comments" not in path] == ["/boards", "/lists", "/cards"]
    assert (
        open_streams()["actions"].recover({}, intent_for("activities", "3"), taken=lambda _: False)
        in made
    )
    del facts


def test_a_card_that_is_gone_is_replaced_once_for_all_threads(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    actions = open_streams()["actions"]
    first = actions.create({}, intent_for("activities", "0"))
    client.request("DELETE", f"/cards/{first['data']['card']['id']}")
    box.add_fault("latency", system="trello", seconds=0.01)
    box.reset_requests()

    made = in_parallel(lambda index: actions.create({}, intent_for("activities", str(index + 1))))

    assert len({each["data"]["card"]["id"] for each in made}) == 1
    assert paths_asked(box, "POST").count("/cards") == 1
    assert paths_asked(box, "GET").count("/batch") == 1  # the first thread looks, and no other


def test_whose_token_it_is_and_who_is_there_is_asked_once(
    box: RunningSandbox, open_streams: Open, people: dict[str, str], client: TrelloClient
) -> None:
    board = client.get("/members/me/boards")[0]["id"]
    card = client.get(f"/boards/{board}/cards")[0]["id"]
    actions = open_streams(card_id=card)["actions"]
    box.reset_requests()

    def look(index: int) -> object:
        values = {"memberCreator__id": people["bardnordhei"]}
        return actions.partner_told({}, values, intent_for("activities", str(index)))

    assert in_parallel(look) == [None] * THREADS
    asked = paths_asked(box, "GET")
    assert len(asked) == len(set(asked))
    assert f"/cards/{card}/actions" in asked


def test_a_stranger_is_asked_for_once_whether_known_or_not(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    board = client.get("/members/me/boards")[0]["id"]
    card = client.get(f"/boards/{board}/cards")[0]["id"]
    actions = open_streams(card_id=card)["actions"]
    box.reset_requests()

    def create(index: int) -> str:
        values = {"memberCreator__id": "0" * 24}
        with pytest.raises(NotFound) as refused:
            actions.create(values, intent_for("activities", str(index)))
        return str(refused.value)

    assert len(set(in_parallel(create))) == 1
    assert paths_asked(box, "GET").count(f"/members/{'0' * 24}") == 1
    assert box.writes() == 0


def test_many_comments_are_read_with_one_request(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    actions = open_streams()["actions"]
    made = [actions.create({}, intent_for("activities", str(number))) for number in range(9)]
    client.request("DELETE", f"/actions/{made[4]['id']}")
    box.reset_requests()

    found = actions.get_many([*(each["id"] for each in made), "no id"])

    assert box.requests()["trello"]["GET"] == 1
    assert actions.reads_at_once == len(found) == 10
    assert [each for each in found if isinstance(each, dict)] == [*made[:4], *made[5:]]
    assert isinstance(found[4], NotFound)
    assert isinstance(found[9], Exception)


def test_many_workspaces_are_read_with_one_request(
    box: RunningSandbox, open_streams: Open, client: TrelloClient
) -> None:
    visible = client.get("/members/me/organizations", {"fields": "all"})
    organizations = open_streams()["organizations"]
    box.reset_requests()

    found = organizations.get_many([*(each["id"] for each in visible), "0" * 24])

    assert box.requests()["trello"]["GET"] == 1
    assert found[:-1] == visible
    assert isinstance(found[-1], NotFound)


def test_many_members_cost_no_request_once_they_are_known(
    box: RunningSandbox, open_streams: Open
) -> None:
    members = open_streams()["members"]
    known = list(members.candidates())
    box.reset_requests()

    assert members.get_many([each["id"] for each in known]) == known
    assert sum(box.requests()["trello"].values()) == 0


def test_writes_are_told_apart_by_the_member_whose_token_they_take(
    box: RunningSandbox, open_streams: Open, people: dict[str, str]
) -> None:
    anna, bard, own = (people[name] for name in ("annahavblikk", "bardnordhei", "crmsync"))
    tokens = {anna: box.token("annahavblikk"), own: "sandbox-token"}
    streams = open_streams(member_tokens=tokens)
    actions, members, organizations = (
        streams[name] for name in ("actions", "members", "organizations")
    )
    box.reset_requests()

    def owned(member: str) -> dict[str, str]:
        return {"memberCreator__id": member}

    assert [actions.writer_of(owned(each), None) for each in (anna, bard, own)] == [anna, "", ""]
    assert actions.writer_of({}, None) == ""
    assert actions.writer_of(owned(bard), {"idMemberCreator": anna}) == anna
    assert actions.writer_of(owned(anna), {"idMemberCreator": bard}) == ""
    assert members.writer_of({"fullName": "A"}, {"id": anna}) == anna
    assert members.writer_of({"fullName": "A"}, {"id": own}) == ""
    assert members.writer_of({"fullName": "A"}, None) == ""
    assert organizations.writer_of({}, None) == ""
    assert members.creates_one_by_one
    assert sum(box.requests()["trello"].values()) == 0


def test_a_members_token_that_is_refused_is_tried_once(
    *,
    box: RunningSandbox,
    open_streams: Open,
    people: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    anna = people["annahavblikk"]
    actions = open_streams(member_tokens={anna: "sandbox-token-expired"})["actions"]
    values = {"memberCreator__id": anna}
    made = [actions.create(values, intent_for("activities", str(number))) for number in range(5)]

    assert {each["memberCreator"]["id"] for each in made} == {anna}
    refused = [each for each in box.log() if each["status"] == 401]
    assert len(refused) == 1
    assert caplog.text.count("can't write, so the integration does") == 1


def test_the_time_of_an_edit_is_told_and_that_there_was_none(open_streams: Open) -> None:
    streams = open_streams()
    made = streams["actions"].create({}, intent_for("activities", "1"))
    assert streams["actions"].edited_at(made) is None
    edited = streams["actions"].edited_at(streams["actions"].update(made, {"data__text": "New"}))
    assert edited is not None
    assert edited.utcoffset() is not None
    assert streams["organizations"].edited_at({}) is None
    assert streams["members"].edited_at({}) is None
