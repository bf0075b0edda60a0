from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox


def comments(client: Client, card: dict[str, Any]) -> int:
    return len(client.get(f"/cards/{card['id']}/actions").json())


def post(client: Client, card: dict[str, Any]) -> requests.Response:
    return client.post(f"/cards/{card['id']}/actions/comments", json={"text": "hei"})


def test_a_status_comes_before_anything_happened(
    box: RunningSandbox,
    trello: Client,
    card: dict[str, Any],
) -> None:
    before = comments(trello, card)
    box.add_fault("status", system="trello", method="POST", path="comments", count=1, retry_after=3)
    refused = post(trello, card)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "3")
    assert comments(trello, card) == before
    assert post(trello, card).ok


def test_a_status_after_commit_hides_a_success(
    box: RunningSandbox,
    trello: Client,
    card: dict[str, Any],
) -> None:
    before = comments(trello, card)
    box.add_fault("status_after_commit", status=500, method="POST", count=1)
    assert post(trello, card).status_code == 500
    assert comments(trello, card) == before + 1


@pytest.mark.parametrize(("kind", "added"), [("drop_before", 0), ("drop_after_commit", 1)])
def test_a_dropped_connection_is_a_real_one(
    box: RunningSandbox,
    trello: Client,
    card: dict[str, Any],
    kind: str,
    added: int,
) -> None:
    before = comments(trello, card)
    box.add_fault(kind, method="POST", count=1)
    with pytest.raises(requests.ConnectionError):
        post(trello, card)
    assert comments(trello, card) == before + added
    assert box.requests()["trello"]["writes"] == 1


def test_a_cut_body_ends_in_the_middle(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("cut_body", system="crmoffice", count=1)
    with pytest.raises(requests.RequestException):
        crm.get("/companies")


def test_a_cut_body_hides_a_success(
    box: RunningSandbox,
    trello: Client,
    card: dict[str, Any],
) -> None:
    before = comments(trello, card)
    box.add_fault("cut_body", method="POST", count=1)
    with pytest.raises(requests.RequestException):
        post(trello, card)
    assert comments(trello, card) == before + 1


def test_latency_and_slow_bodies_take_their_time(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("latency", seconds=0.05, count=1)
    box.add_fault("slow_body", seconds=0.05, count=1)
    started = time.monotonic()
    assert crm.get("/companies").json()["totalCount"] == 25
    assert time.monotonic() - started >= 0.1


def test_an_expired_token_stays_expired_in_crmoffice(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("expire_token", count=1)
    assert crm.get("/users").status_code == 401
    assert crm.get("/users").status_code == 401
    crm.headers.update(box.bearer())
    assert crm.get("/users").ok


def test_an_expired_token_of_trello_is_a_plain_text(box: RunningSandbox, trello: Client) -> None:
    box.add_fault("expire_token", system="trello", count=1)
    refused = trello.get("/members/me")
    assert (refused.status_code, refused.text) == (401, "expired token")


def test_counts_go_down_and_faults_can_be_cleared(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("status", status=500, count=2)
    assert crm.get("/users").status_code == 500
    assert [fault["count"] for fault in box.faults()] == [1]
    box.clear_faults()
    assert crm.get("/users").ok


def test_a_probability_is_repeatable(box: RunningSandbox, crm: Client) -> None:
    rounds = []
    for _ in range(2):
        box.clear_faults()
        box.add_fault("status", probability=0.5, seed=7)
        rounds.append([crm.get("/users").status_code for _ in range(20)])
    assert rounds[0] == rounds[1]
    assert set(rounds[0]) == {200, 503}


def test_an_unknown_fault_or_switch_is_refused(box: RunningSandbox) -> None:
    for path, body in (("faults", {"kind": "flood"}), ("switches", {"quota": "on"})):
        answer = requests.post(f"{box.url}/sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 400
        assert "error" in answer.json()


def test_bulk_records_are_there_at_once(box: RunningSandbox, crm: Client, trello: Client) -> None:
    box.bulk(activities=300, comments=300)
    assert crm.get("/activities").json()["totalCount"] == 500
    board = trello.get("/members/me/boards").json()[0]["id"]
    query = {"filter": "commentCard", "limit": 1000}
    assert len(trello.get(f"/boards/{board}/actions", params=query).json()) > 50


def test_bulk_activities_can_have_owners_of_choice(box: RunningSandbox, crm: Client) -> None:
    names = ["anna.havblikk", "bard.nordhei"]
    ids = {user["id"] for user in crm.get("/users").json() if user["userName"] in names}
    box.bulk(activities=100, owners=names)
    query = {"pageSize": 200, "updatedSince": "2026-01-02T00:00:00Z"}
    items = crm.get("/activities", params=query).json()["items"]
    assert {each["ownerId"] for each in items} == ids
    answer = requests.post(f"{box.url}/sandbox/bulk", json={"owners": ["nobody"]}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "no such user: nobody"})
