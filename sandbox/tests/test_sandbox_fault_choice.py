"""Which requests a fault meets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox

Json = dict[str, Any]


def test_writes_alone_can_be_met_and_a_sign_in_is_none(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("status", only="writes")
    assert crm.get("/users").ok
    sent = {
        "grant_type": "refresh_token",
        "client_id": box.client_id,
        "client_secret": box.client_secret,
        "refresh_token": box.refresh_token,
    }
    assert requests.post(f"{box.auth_url}/connect/token", data=sent, timeout=10).ok
    assert crm.post("/companies", json={"name": "X"}).status_code == 503
    assert crm.patch("/companies/1001", json={"name": "X"}).status_code == 503
    assert crm.delete("/companies/1001").status_code == 503


def test_reads_alone_can_be_met(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("status", only="reads")
    assert crm.get("/users").status_code == 503
    assert crm.post("/companies", json={"name": "X"}).ok
    assert requests.get(f"{box.auth_url}/connect/authorize", timeout=10).status_code == 400


def test_the_first_requests_can_be_let_through(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("status", after=2, count=1, path="/users")
    crm.get("/companies")
    statuses = [crm.get("/users").status_code for _ in range(4)]
    assert statuses == [200, 200, 503, 200]


def test_chance_strikes_the_same_requests_in_whichever_order_they_come(
    box: RunningSandbox, crm: Client
) -> None:
    rounds = []
    for order in (range(40), reversed(range(40))):
        box.reset()
        crm.headers.update(box.bearer())
        box.add_fault("status", only="writes", probability=0.5, seed=3)
        failed = {
            number
            for number in order
            if not crm.post("/companies", json={"name": f"Firma {number}"}).ok
        }
        rounds.append(failed)
    assert rounds[0] == rounds[1]
    assert 5 < len(rounds[0]) < 35


def test_chance_knows_a_request_again_under_another_object_id(
    box: RunningSandbox, trello: Client, card: Json
) -> None:
    rounds = []
    for target in (card["id"], other_card(trello, card)["id"]):
        box.clear_faults()
        box.add_fault("status", probability=0.5, seed=5)
        path = f"/cards/{target}/actions/comments"
        rounds.append([trello.post(path, json={"text": f"{n}"}).ok for n in range(20)])
    assert rounds[0] == rounds[1]
    assert set(rounds[0]) == {True, False}


def test_chance_gives_a_repeated_request_a_new_throw(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("status", probability=0.5, seed=1)
    assert {crm.get("/users").status_code for _ in range(20)} == {200, 503}


def test_a_body_that_chance_looked_at_still_arrives(
    box: RunningSandbox, trello: Client, card: Json
) -> None:
    box.add_fault("status", probability=0.0)
    path = f"/cards/{card['id']}/actions/comments"
    assert trello.post(path, json={"text": "hei"}).json()["data"]["text"] == "hei"


def test_requests_in_parallel_meet_a_fault_as_often_as_it_counts(
    box: RunningSandbox, trello: Client, card: Json
) -> None:
    box.switch(quotas="off")
    box.add_fault("status_after_commit", count=5)
    path = f"{box.trello_url}/cards/{card['id']}/actions/comments"

    def post(number: int) -> int:
        sent = {"text": f"Nr. {number}"}
        headers = box.authorization()
        return requests.post(path, json=sent, headers=headers, timeout=10).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(post, range(32)))
    assert statuses.count(503) == 5
    shown = trello.get(f"/cards/{card['id']}/actions", params={"limit": 1000}).json()
    texts = [each["data"].get("text", "") for each in shown]
    assert len({text for text in texts if text.startswith("Nr. ")}) == 32


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_before", "in_batch": True},
        {"kind": "status", "path": "("},
        {"kind": "status", "only": "everything"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(box: RunningSandbox, fault: Json) -> None:
    answer = requests.post(f"{box.url}/sandbox/faults", json=fault, timeout=10)
    assert answer.status_code == 400
    assert box.faults() == []


def other_card(trello: Client, card: Json) -> Json:
    cards: list[Json] = trello.get(f"/boards/{card['idBoard']}/cards").json()
    return cards[1]
