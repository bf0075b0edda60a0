from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Client, TrelloSandbox
    from sandbox.testing import RunningSandbox

LONG = 3_600_000


def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_answers_tell_what_is_left(box: RunningSandbox, trello: Client) -> None:
    box.switch(window_ms=LONG)
    trello.get("/members/me")
    headers = trello.get("/members/me").headers
    assert headers["x-rate-limit-api-token-max"] == "100"
    assert headers["x-rate-limit-api-token-remaining"] == "98"
    assert headers["x-rate-limit-api-key-remaining"] == "298"
    assert headers["x-rate-limit-api-key-interval-ms"] == str(LONG)


def test_the_headers_can_be_switched_off(box: RunningSandbox, trello: Client) -> None:
    box.switch(quota_headers="off")
    assert not [name for name in trello.get("/members/me").headers if "rate" in name]


def test_a_token_beyond_its_quota_is_refused(box: RunningSandbox, trello: Client) -> None:
    box.switch(window_ms=LONG, token_limit=2)
    assert trello.get("/members/me").ok
    assert trello.get("/members/me").ok
    assert error_of(trello.get("/members/me")) == (429, "API_TOKEN_LIMIT_EXCEEDED")
    assert box.requests()["trello"]["429"] == 1


def test_a_key_beyond_its_quota_is_refused_for_every_token(
    box: RunningSandbox,
    trello_as: TrelloSandbox,
) -> None:
    box.switch(window_ms=LONG, key_limit=1)
    assert trello_as().get("/members/me").ok
    other = trello_as("sandbox-token-annahavblikk")
    assert error_of(other.get("/members/me")) == (429, "API_KEY_LIMIT_EXCEEDED")


def test_too_many_refusals_block_the_key(box: RunningSandbox, trello_as: TrelloSandbox) -> None:
    box.switch(window_ms=LONG, token_limit=1, block_after_429=2)
    for _ in range(3):
        trello_as().get("/members/me/boards")
    other = trello_as("sandbox-token-annahavblikk")
    assert error_of(other.get("/members/me")) == (429, "API_KEY_LIMIT_EXCEEDED")


def test_a_new_window_gives_the_quota_back(box: RunningSandbox, trello: Client) -> None:
    box.switch(window_ms=LONG, token_limit=1)
    assert trello.get("/members/me/boards").ok
    assert not trello.get("/members/me/boards").ok
    box.switch(window_ms=1)
    answers = [trello.get("/members/me/boards").ok for _ in range(20)]
    assert any(answers)


def test_single_members_have_a_quota_that_nested_routes_do_not_touch(
    box: RunningSandbox,
    trello: Client,
) -> None:
    box.switch(member_window_ms=LONG, member_limit=1)
    assert trello.get("/members/me").ok
    assert trello.get("/members/me/boards").ok
    refused = trello.get("/members/me")
    assert error_of(refused) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.json()["message"] == "Exceeded rate limit to /1/member"


def test_a_batch_counts_as_one_request(box: RunningSandbox, trello: Client) -> None:
    box.switch(window_ms=LONG)
    urls = ",".join(["/members/me/boards"] * 10)
    headers = trello.get("/batch", params={"urls": urls}).headers
    assert headers["x-rate-limit-api-token-remaining"] == "99"
    assert box.requests()["trello"]["GET"] == 1


def test_a_batch_answers_in_order_with_successes_and_failures(trello: Client) -> None:
    urls = "/members/me?fields=username%2Cinitials,/cards/5eed00000000000000000000,/batch"
    found, missing, nested = trello.get("/batch", params={"urls": urls}).json()
    assert set(found["200"]) == {"id", "username", "initials"}
    assert missing == {
        "name": "NotFoundError",
        "message": "The requested resource was not found.",
        "statusCode": 404,
    }
    assert nested["statusCode"] == 404


def test_a_batch_of_eleven_is_refused(trello: Client) -> None:
    answer = trello.get("/batch", params={"urls": ",".join(["/members/me"] * 11)})
    assert (answer.status_code, answer.text) == (400, "invalid value for urls")
