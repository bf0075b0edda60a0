from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Client, TrelloSandbox
    from sandbox.testing import RunningSandbox


@pytest.mark.parametrize(
    ("key", "token", "message"),
    [
        ("wrong", "sandbox-token", "invalid key"),
        ("sandbox-key", "wrong", "invalid token"),
        ("sandbox-key", "sandbox-token-expired", "expired token"),
    ],
)
def test_a_refused_sign_in_is_a_plain_text(
    box: RunningSandbox,
    key: str,
    token: str,
    message: str,
) -> None:
    query = {"key": key, "token": token}
    answer = requests.get(f"{box.trello_url}/members/me", params=query, timeout=10)
    assert (answer.status_code, answer.text) == (401, message)
    assert answer.headers["content-type"].startswith("text/plain")


def test_key_and_token_may_travel_as_query_parameters(box: RunningSandbox) -> None:
    query = {"key": "sandbox-key", "token": "sandbox-token"}
    answer = requests.get(f"{box.trello_url}/members/me", params=query, timeout=10)
    assert answer.json()["username"] == "crmsync"


def test_a_token_without_the_write_scope_reads_only(
    trello_as: TrelloSandbox,
    card: dict[str, Any],
) -> None:
    client = trello_as("sandbox-token-readonly")
    assert client.get(f"/cards/{card['id']}").ok
    answer = client.post(f"/cards/{card['id']}/actions/comments", json={"text": "no"})
    assert (answer.status_code, answer.json()) == (401, {"message": "missing scopes"})


def test_a_token_can_be_made_to_expire(box: RunningSandbox, trello_as: TrelloSandbox) -> None:
    anna = trello_as(box.token("annahavblikk", expires_in=3600))
    assert anna.get("/members/me").ok
    box.token("annahavblikk", expires_in=-1)
    assert anna.get("/members/me").text == "expired token"
    box.token("annahavblikk")
    assert anna.get("/members/me").ok


def test_a_token_shows_its_permissions_and_its_member(trello: Client) -> None:
    shown = trello.get("/tokens/sandbox-token-readonly").json()
    assert [each["write"] for each in shown["permissions"]] == [False, False]
    assert shown["idMember"] == trello.get("/members/me").json()["id"]


def test_a_token_never_appears_in_the_log(box: RunningSandbox, trello: Client) -> None:
    trello.get("/tokens/sandbox-token-readonly", params={"token": "sandbox-token"})
    assert "sandbox-token" not in str(box.log())


@pytest.mark.parametrize("how", ["params", "data", "json"])
def test_parameters_travel_as_query_form_or_json(
    trello: Client,
    card: dict[str, Any],
    how: str,
) -> None:
    path = f"/cards/{card['id']}/actions/comments"
    answer = trello.post(path, **{how: {"text": "blåbær & fløte"}})  # type: ignore[arg-type]
    assert answer.json()["data"]["text"] == "blåbær & fløte"


def test_a_long_query_string_loses_its_end(trello: Client, card: dict[str, Any]) -> None:
    path = f"/cards/{card['id']}/actions/comments"
    cut = trello.post(path, params={"text": "x" * 5000}).json()["data"]["text"]
    whole = trello.post(path, json={"text": "x" * 5000}).json()["data"]["text"]
    assert len(cut) < 2000
    assert len(whole) == 5000


def test_an_unknown_route_and_an_impossible_id_have_their_texts(trello: Client) -> None:
    unknown = trello.get("/nothing/here")
    assert (unknown.status_code, unknown.text) == (404, "The requested resource was not found.")
    impossible = trello.get("/cards/not-an-id")
    assert (impossible.status_code, impossible.text) == (400, "invalid id")
