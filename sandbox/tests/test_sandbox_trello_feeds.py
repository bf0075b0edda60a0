from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox

Records = list[dict[str, Any]]


@pytest.fixture
def board(trello: Client) -> str:
    return str(trello.get("/members/me/boards").json()[0]["id"])


def feed(client: Client, board: str, **query: object) -> Records:
    answer = client.get(f"/boards/{board}/actions", params=query)
    answer.raise_for_status()
    return list(answer.json())


def test_a_feed_is_newest_first_and_fifty_long(trello: Client, board: str) -> None:
    actions = feed(trello, board)
    dates = [action["date"] for action in actions]
    assert len(actions) == 50
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("limit", [0, 1001, "many"])
def test_a_limit_beyond_a_thousand_is_refused(trello: Client, board: str, limit: object) -> None:
    answer = trello.get(f"/boards/{board}/actions", params={"limit": limit})
    assert (answer.status_code, answer.text) == (400, "invalid value for limit")


def test_paging_by_id_loses_actions_of_the_same_second(
    box: RunningSandbox,
    trello: Client,
    board: str,
) -> None:
    box.switch(quotas="off")
    query = {"filter": "commentCard,updateCard,updateBoard"}
    everything = feed(trello, board, limit=1000, **query)
    found: Records = []
    while page := feed(trello, board, limit=1, **query):
        found += page
        query["before"] = page[-1]["id"]
    assert 0 < len(found) < len(everything)


def test_paging_by_the_last_date_and_one_millisecond_finds_everything(
    trello: Client,
    board: str,
) -> None:
    everything = feed(trello, board, limit=1000)
    seen: dict[str, str] = {}
    before = "2100-01-01T00:00:00.000Z"
    while True:
        page = feed(trello, board, limit=20, before=before)
        fresh = [each for each in page if each["id"] not in seen]
        if not fresh:
            break
        seen.update({each["id"]: each["date"] for each in fresh})
        date = page[-1]["date"]
        before = f"{date[:20]}{int(date[20:23]) + 1:03d}Z"
    assert set(seen) == {each["id"] for each in everything}


def test_pages_by_number_cover_the_feed(trello: Client, board: str) -> None:
    first, second = (feed(trello, board, limit=10, page=number) for number in (0, 1))
    assert [each["id"] for each in feed(trello, board, limit=20)] == [
        each["id"] for each in first + second
    ]


def test_since_is_exclusive_unless_switched(
    box: RunningSandbox, trello: Client, board: str
) -> None:
    newest = feed(trello, board, limit=1)[0]
    assert feed(trello, board, since=newest["date"]) == []
    box.switch(since_inclusive="on")
    assert feed(trello, board, since=newest["date"])[0]["id"] == newest["id"]


def test_an_edit_never_shows_after_its_comment(trello: Client, card: dict[str, Any]) -> None:
    path = f"/cards/{card['id']}/actions/comments"
    created = trello.post(path, json={"text": "hei"}).json()
    trello.put(f"/actions/{created['id']}", json={"text": "hallo"})
    assert feed(trello, card["idBoard"], since=created["date"]) == []


def test_a_card_shows_comments_and_moves_by_default(trello: Client, card: dict[str, Any]) -> None:
    lists = trello.get(f"/boards/{card['idBoard']}/lists").json()
    other = next(each["id"] for each in lists if each["id"] != card["idList"])
    trello.put(f"/cards/{card['id']}", json={"idList": other, "name": "Nytt navn"})
    path = f"/cards/{card['id']}/actions"
    kinds = {(each["type"], *each["data"].get("old", {})) for each in trello.get(path).json()}
    assert kinds <= {("commentCard",), ("updateCard", "idList")}
    everything = trello.get(path, params={"filter": "all", "limit": 1000}).json()
    assert {"createCard", "updateCard"} <= {each["type"] for each in everything}


def test_fields_and_people_can_be_chosen(trello: Client, board: str) -> None:
    query = {"fields": "date", "memberCreator": "false", "member": "false"}
    assert set(feed(trello, board, **query)[0]) == {"id", "date"}
    author = feed(trello, board, memberCreator_fields="username")[0]["memberCreator"]
    assert set(author) == {"id", "username"}


def test_a_copied_comment_has_a_fresh_id_and_its_old_date(
    trello: Client, card: dict[str, Any]
) -> None:
    copied = trello.post(
        "/cards",
        json={
            "idList": card["idList"],
            "idCardSource": card["id"],
            "keepFromSource": "comments",
        },
    ).json()
    copies = trello.get(f"/cards/{copied['id']}/actions", params={"filter": "all"}).json()
    old = {each["date"] for each in trello.get(f"/cards/{card['id']}/actions").json()}
    comments = [each for each in copies if each["type"] == "copyCommentCard"]
    assert comments
    assert {each["date"] for each in comments} <= old
    assert all(int(each["id"][:8], 16) >= int(copied["id"][:8], 16) for each in comments)
    assert copies[0]["type"] == "copyCard"


@pytest.mark.parametrize("kind", ["lists", "organizations", "members"])
def test_lists_workspaces_and_members_have_feeds(
    trello: Client,
    card: dict[str, Any],
    kind: str,
) -> None:
    workspace = trello.get(f"/boards/{card['idBoard']}").json()["idOrganization"]
    owner = {"lists": card["idList"], "organizations": workspace, "members": "me"}[kind]
    assert trello.get(f"/{kind}/{owner}/actions").json()


@pytest.fixture
def workspace(trello: Client, board: str) -> str:
    return str(trello.get(f"/boards/{board}").json()["idOrganization"])


def ids(actions: Records) -> list[str]:
    return [each["id"] for each in actions]


def test_a_workspace_feed_holds_its_own_actions_and_all_of_its_boards(
    trello: Client, workspace: str, board: str
) -> None:
    path = f"/organizations/{workspace}"
    trello.post("/lists", json={"name": "Ny", "idBoard": board})
    trello.put(path, json={"desc": "Ny"})
    everything = trello.get(f"{path}/actions", params={"limit": 1000}).json()
    boards = [each["id"] for each in trello.get(f"{path}/boards").json()]
    of_boards = [each for board in boards for each in feed(trello, board, limit=1000)]
    own = {"createOrganization", "addMemberToOrganization", "updateOrganization"}
    assert [each["type"] for each in everything[:2]] == ["updateOrganization", "createList"]
    assert {each["type"] for each in everything if "board" not in each["data"]} == own
    assert set(ids(of_boards)) < set(ids(everything))
    assert len(everything) == len(of_boards) + 6
    second = trello.get(f"{path}/actions", params={"limit": 7, "page": 1}).json()
    assert second == everything[7:14]


def test_a_workspace_feed_is_without_its_boards_by_a_switch(
    box: RunningSandbox, trello: Client, workspace: str
) -> None:
    box.switch(organization_feed_has_boards="off")
    actions = trello.get(f"/organizations/{workspace}/actions").json()
    assert {each["type"] for each in actions} == {"createOrganization", "addMemberToOrganization"}


def test_a_filter_of_several_types_is_the_feed_without_the_others(
    trello: Client, board: str
) -> None:
    everything = feed(trello, board, limit=1000)
    wanted = "commentCard,updateCard:closed,updateCard:desc,createCard,unheardOf"
    found = feed(trello, board, filter=wanted, limit=1000)
    assert found == [
        each
        for each in everything
        if each["type"] in {"commentCard", "createCard"}
        or (each["type"] == "updateCard" and {"closed", "desc"} & set(each["data"]["old"]))
    ]
    assert len({each["type"] for each in found}) == 3
    pages = [feed(trello, board, filter=wanted, limit=5, page=number) for number in range(3)]
    assert [each for page in pages for each in page] == found[:15]


def test_a_type_that_is_named_twice_shows_once(trello: Client, board: str) -> None:
    wanted = "updateCard:desc,updateCard,updateCard:closed"
    found = ids(feed(trello, board, filter=wanted, limit=1000))
    assert found == ids(feed(trello, board, filter="updateCard", limit=1000))


def test_what_else_an_action_shows_is_asked_for(trello: Client, board: str) -> None:
    query = {"display": "true", "entities": "true", "reactions": "true", "filter": "commentCard"}
    comment = feed(trello, board, **query)[0]
    assert comment["display"]["translationKey"] == "action_comment_on_card"
    assert comment["display"]["entities"]["comment"]["text"] == comment["data"]["text"]
    assert {"card", "board", "memberCreator"} < {each["type"] for each in comment["entities"]}
    assert comment["reactions"] == []
    assert not {"display", "entities", "reactions"} & set(feed(trello, board)[0])


def test_a_page_of_actions_that_is_too_large_is_refused_by_a_switch(
    box: RunningSandbox, trello: Client, board: str
) -> None:
    box.switch(most_actions_per_answer=20)
    assert len(feed(trello, board, limit=20)) == 20
    for query in ({"limit": 21}, {}):
        refused = trello.get(f"/boards/{board}/actions", params=query)
        assert (refused.status_code, refused.text) == (403, "API_TOO_MANY_ACTIONS_REQUESTED")
    box.switch(most_actions_per_answer=1000)
    assert feed(trello, board)
