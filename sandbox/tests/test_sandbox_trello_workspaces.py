from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Client, TrelloSandbox


def test_a_workspace_has_few_fields_unless_more_are_asked_for(trello: Client) -> None:
    few = trello.get("/organizations/fjordlys").json()
    everything = trello.get("/organizations/fjordlys", params={"fields": "all"}).json()
    assert "website" not in few
    assert everything["website"] == "https://www.fjordlyskompaniet.example"
    assert len(everything["idBoards"]) == 2


def test_a_new_workspace_is_trimmed_and_named_after_its_title(trello: Client) -> None:
    created = trello.post("/organizations", json={"displayName": "  Blåbær & Sønn AS "}).json()
    assert created["displayName"] == "Blåbær & Sønn AS"
    assert created["name"] == "blabaersonnas"


def test_a_taken_or_odd_name_is_silently_replaced(trello: Client) -> None:
    wish = {"displayName": "Ny", "name": "Fjord-Lys!"}
    first = trello.post("/organizations", json=wish).json()["name"]
    second = trello.post("/organizations", json={**wish, "name": "ny_firma"}).json()["name"]
    assert first != "fjordlys"
    assert first.startswith("fjordlys")
    assert second == "ny_firma"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"displayName": " "}, "invalid value for displayName"),
        ({"displayName": "X", "name": "x!"}, "invalid value for name"),
        ({"displayName": "X", "website": "ftp://x"}, "invalid value for website"),
        ({"displayName": "X", "desc": "x" * 16_385}, "invalid value for desc"),
    ],
)
def test_wrong_values_are_refused(trello: Client, sent: dict[str, str], message: str) -> None:
    answer = trello.post("/organizations", json=sent)
    assert (answer.status_code, answer.text) == (400, message)


def test_a_website_is_set_and_cleared_with_null(trello: Client) -> None:
    path = "/organizations/fjordlys"
    assert trello.put(path, json={"website": "http://ny.example"}).json()["website"]
    assert trello.put(path, json={"website": None}).json()["website"] is None


def test_only_admins_change_a_workspace(trello_as: TrelloSandbox) -> None:
    anna = trello_as("sandbox-token-annahavblikk")
    answer = anna.put("/organizations/fjordlys", json={"desc": "no"})
    assert (answer.status_code, answer.text) == (
        401,
        "unauthorized organization permission requested",
    )


def test_a_deleted_workspace_is_gone(trello: Client) -> None:
    assert trello.delete("/organizations/fjordlys").json() == {"_value": None}
    assert trello.get("/organizations/fjordlys").text == "model not found"


def test_a_board_list_and_card_are_created_with_their_actions(trello: Client) -> None:
    workspace = trello.get("/organizations/fjordlys").json()["id"]
    wish = {"name": "Ny tavle", "idOrganization": workspace, "defaultLists": "false"}
    board = trello.post("/boards", json=wish).json()
    in_list = trello.post("/lists", json={"name": "Ny liste", "idBoard": board["id"]}).json()
    card = trello.post("/cards", json={"name": "Nytt kort", "idList": in_list["id"]}).json()
    assert trello.get(f"/cards/{card['shortLink']}").json()["name"] == "Nytt kort"
    kinds = [each["type"] for each in trello.get(f"/boards/{board['id']}/actions").json()]
    assert sorted(kinds) == ["addToOrganizationBoard", "createBoard", "createCard", "createList"]


def test_a_board_has_three_lists_by_default(trello: Client) -> None:
    board = trello.post("/boards", json={"name": "Ny tavle"}).json()
    assert len(trello.get(f"/boards/{board['id']}/lists").json()) == 3


def test_a_workspace_holds_ten_boards(trello: Client) -> None:
    workspace = trello.get("/organizations/fjordlys").json()["id"]
    wish = {"name": "x", "idOrganization": workspace, "defaultLists": "false"}
    statuses = [trello.post("/boards", json=wish).status_code for _ in range(9)]
    assert statuses == [200] * 8 + [403]


def test_boards_come_in_one_request_with_their_last_activity(trello: Client) -> None:
    boards = trello.get("/members/me/boards", params={"fields": "dateLastActivity"}).json()
    assert [set(board) for board in boards] == [{"id", "dateLastActivity"}] * 6
    board = boards[0]["id"]
    trello.put(f"/boards/{board}", json={"closed": True})
    closed = trello.get("/members/me/boards", params={"filter": "closed"}).json()
    assert [each["id"] for each in closed] == [board]


def test_an_edit_of_a_card_is_an_action_with_the_old_value(trello: Client) -> None:
    board = trello.get("/members/me/boards").json()[0]["id"]
    card = trello.get(f"/boards/{board}/cards").json()[0]
    trello.put(f"/cards/{card['id']}", json={"name": "Omdøpt", "due": "2026-02-01T10:00:00Z"})
    latest = trello.get(f"/boards/{board}/actions", params={"limit": 2}).json()
    assert {tuple(each["data"]["old"]) for each in latest} == {("name",), ("due",)}
    changed = trello.get(f"/cards/{card['id']}").json()
    assert changed["due"] == "2026-02-01T10:00:00.000Z"
    assert changed["dateLastActivity"] == latest[0]["date"]


def test_pages_of_cards_go_back_by_id(trello: Client) -> None:
    board = trello.get("/members/me/boards").json()[0]["id"]
    path = f"/boards/{board}/cards"
    first = trello.get(path, params={"filter": "all", "limit": 6}).json()
    query = {"filter": "all", "limit": 6, "before": first[-1]["id"]}
    second = trello.get(path, params=query).json()
    assert len({each["id"] for each in first + second}) == 10


def test_a_deleted_card_takes_its_comments_along(trello: Client) -> None:
    board = trello.get("/members/me/boards").json()[0]["id"]
    card = trello.get(f"/boards/{board}/cards").json()[0]
    comment = trello.get(f"/cards/{card['id']}/actions").json()[0]
    assert trello.delete(f"/cards/{card['id']}").ok
    assert trello.get(f"/cards/{card['id']}").status_code == 404
    assert trello.get(f"/actions/{comment['id']}").status_code == 404
