from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"status": 400}, "invalid id"),
        ({"status": 400, "property": "text"}, "invalid value for text"),
        ({"status": 401}, "unauthorized card permission requested"),
        ({"status": 401, "message": "invalid token"}, "invalid token"),
        ({"status": 403}, "Too many checklists"),
        ({"status": 404}, "The requested resource was not found."),
        ({"status": 409}, "Conflict"),
        ({"status": 449}, "Retry With"),
        ({"status": 504}, "Gateway Timeout"),
    ],
)
def test_trello_refuses_in_the_words_of_trello(
    box: RunningSandbox, trello: Client, card: Json, fault: Json, text: str
) -> None:
    box.add_fault("status", system="trello", path="comments$", **fault)
    refused = trello.post(f"/cards/{card['id']}/actions/comments", json={"text": "hei"})
    assert (refused.status_code, refused.text) == (fault["status"], text)
    assert refused.headers["content-type"].startswith("text/plain")


def test_too_large_a_page_of_cards_is_refused_as_such(
    box: RunningSandbox, trello: Client, card: Json
) -> None:
    box.add_fault("status", status=403, path="/cards$")
    refused = trello.get(f"/boards/{card['idBoard']}/cards")
    assert (refused.status_code, refused.text) == (403, "API_TOO_MANY_CARDS_REQUESTED")


@pytest.mark.parametrize(
    ("quota", "error", "message"),
    [
        ("token", "API_TOKEN_LIMIT_EXCEEDED", "Rate limit exceeded"),
        ("key", "API_KEY_LIMIT_EXCEEDED", "Rate limit exceeded"),
        ("database", "API_TOKEN_DB_LIMIT_EXCEEDED", "Rate limit exceeded"),
        ("member", "RATE_LIMIT_EXCEEDED", "Exceeded rate limit to /1/member"),
    ],
)
def test_trellos_429_names_the_quota_and_no_time_to_wait(
    box: RunningSandbox, trello: Client, quota: str, error: str, message: str
) -> None:
    box.add_fault("status", status=429, quota=quota)
    refused = trello.get("/members/me/boards")
    assert (refused.status_code, refused.json()) == (429, {"error": error, "message": message})
    assert "retry-after" not in refused.headers
    assert box.requests()["trello"]["429"] == 1


def test_trellos_errors_become_json_by_a_switch(box: RunningSandbox, trello: Client) -> None:
    box.switch(errors_as_json="on")
    refused = trello.get("/organizations/nothing")
    assert refused.status_code == 404
    assert refused.json() == {"message": "model not found", "error": "NOT_FOUND"}
    box.add_fault("status", status=400, property="text")
    assert trello.get("/members/me").json()["message"] == "invalid value for text"


@pytest.mark.parametrize("status", [400, 422])
def test_crmoffice_names_the_property_that_a_fault_complains_of(
    box: RunningSandbox, crm: Client, status: int
) -> None:
    box.add_fault("status", status=status, property="subject", message="Is too rude.")
    refused = crm.post("/activities", json={"subject": "hei"})
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["errors"] == {"subject": ["Is too rude."]}


@pytest.mark.parametrize(
    ("status", "title"),
    [(403, "Forbidden"), (404, "Not Found"), (409, "Conflict"), (503, "Service Unavailable")],
)
def test_crmoffice_refuses_with_a_problem(
    box: RunningSandbox, crm: Client, status: int, title: str
) -> None:
    box.add_fault("status", status=status, message="Not today.")
    refused = crm.patch("/activities/4001", json={"subject": "hei"})
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (problem["status"], problem["title"]) == (status, title)
    assert problem["detail"] == "Not today."


def test_crmoffices_429_says_how_long_to_wait(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("status", status=429, count=1)
    box.add_fault("status", status=429, retry_after=7)
    waits = [crm.get("/users").headers["retry-after"] for _ in range(2)]
    assert waits == ["1", "7"]


def test_a_401_of_crmoffice_names_the_scheme(box: RunningSandbox, crm: Client) -> None:
    box.add_fault("status", status=401)
    refused = crm.get("/users")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer ")


def test_validation_answers_400_by_a_switch(box: RunningSandbox, crm: Client) -> None:
    box.switch(validation_status=400)
    refused = crm.post("/companies", json={})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["name"])


def test_one_route_of_a_batch_fails_alone(box: RunningSandbox, trello: Client) -> None:
    box.add_fault("status", in_batch=True, path="/boards$", status=500, count=1)
    urls = {"urls": "/members/me/boards,/members/me/organizations"}
    first, second = trello.get("/batch", params=urls).json()
    assert first == {"name": "Error", "message": "Internal Server Error", "statusCode": 500}
    assert list(second) == ["200"]
    assert trello.get("/members/me/boards").ok
    assert [list(each) for each in trello.get("/batch", params=urls).json()] == [["200"]] * 2


def test_a_fault_of_requests_leaves_the_routes_of_a_batch_alone(
    box: RunningSandbox, trello: Client
) -> None:
    box.add_fault("status", path="/members/me/boards", count=1)
    answer = trello.get("/batch", params={"urls": "/members/me/boards"}).json()
    assert list(answer[0]) == ["200"]
