"""The client of the Trello API."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from singer_rest import NotFound, RecordRefused, SettingError, StopRun
from tap_trello.client import TrelloClient
from tap_trello.quotas import Quotas
from tap_trello.settings import client_from_settings, start_date_of

if TYPE_CHECKING:
    from sandbox.testing import RunningSandbox


MEMBER, OTHER = "5f" + "0" * 22, "6a" + "0" * 22


def client_of(box: RunningSandbox, **given: object) -> TrelloClient:
    settings = {"api_key": "sandbox-key", "token": "sandbox-token", **given}
    client = client_from_settings({"api_url": box.trello_url, **settings})
    client.backoff = 0.001
    return client


def test_the_sign_in_travels_in_a_header_and_in_no_log(
    box: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    box.add_fault("status", system="trello", status=503, count=1)
    with caplog.at_level(logging.DEBUG):
        assert client_of(box).get("/members/me")["username"] == "crmsync"
    assert "503" in caplog.text
    assert "sandbox-token" not in caplog.text
    assert "sandbox-token" not in repr(client_of(box))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"token": "wrong"}, "'token'"),
        ({"token": "sandbox-token-expired"}, "'token'"),
        ({"api_key": "wrong"}, "'api_key'"),
    ],
)
def test_a_refused_sign_in_stops_the_run_and_names_the_setting(
    box: RunningSandbox, settings: dict[str, str], named: str
) -> None:
    with pytest.raises(StopRun, match=named) as stopped:
        client_of(box, **settings).get("/members/me")
    assert "wrong" not in str(stopped.value)


def test_a_refused_permission_concerns_one_record_only(box: RunningSandbox) -> None:
    box.token("annahavblikk")
    client = client_of(box, token="sandbox-token-annahavblikk")
    outside = client_of(box).get("/members/me/organizations")[1]["id"]
    with pytest.raises(RecordRefused, match="permission requested"):
        client.get(f"/organizations/{outside}")


def test_a_missing_scope_concerns_one_record_only(box: RunningSandbox) -> None:
    client = client_of(box, token="sandbox-token-readonly")
    with pytest.raises(RecordRefused, match="missing scopes"):
        client.request("POST", "/organizations", json={"displayName": "X"})


def test_a_refused_token_of_a_member_concerns_that_members_records_only(
    box: RunningSandbox,
) -> None:
    client = client_of(box, member_tokens={MEMBER: "sandbox-token-expired"})
    member = client.of_member(MEMBER)
    assert member is not None
    with pytest.raises(RecordRefused, match=r"member_tokens\.5f"):
        member.get("/members/me")


def test_a_member_with_a_token_acts_as_that_member(box: RunningSandbox) -> None:
    token = box.token("annahavblikk")
    client = client_of(box, member_tokens={MEMBER: token})
    member = client.of_member(MEMBER)
    assert member is not None
    assert member.get("/members/me")["username"] == "annahavblikk"
    assert client.of_member(MEMBER) is member
    assert client.of_member(OTHER) is None
    assert member.quotas.key is client.quotas.key
    assert member.quotas.token is not client.quotas.token


def test_a_member_whose_token_is_the_clients_own_shares_its_quota(box: RunningSandbox) -> None:
    client = client_of(box, member_tokens={MEMBER: "sandbox-token"})
    assert client.of_member(MEMBER) is client


@pytest.mark.parametrize("name", ["annahavblikk", "", f"{MEMBER}0", "5" * 64])
def test_tokens_of_members_are_given_by_their_ids(name: str) -> None:
    with pytest.raises(SettingError, match="'member_tokens'") as told:
        TrelloClient("a-key", "a-token", member_tokens={MEMBER: "t", name: "secret-token"})
    assert "secret-token" not in str(told.value)
    assert "5" * 64 not in str(told.value)


def test_an_id_of_a_member_may_be_written_in_any_way(box: RunningSandbox) -> None:
    client = client_of(box, member_tokens={f" {MEMBER.upper()} ": "another-token"})
    assert client.members_with_token == {MEMBER}


def test_a_members_token_that_was_refused_is_known_from_then_on(box: RunningSandbox) -> None:
    client = client_of(box, member_tokens={MEMBER: "sandbox-token-expired"})
    member = client.of_member(MEMBER)
    assert member is not None
    assert not member.sign_in_refused
    with pytest.raises(RecordRefused):
        member.get("/members/me/boards")
    assert member.sign_in_refused
    assert not client.sign_in_refused


def test_many_paths_take_one_request_for_each_ten(box: RunningSandbox) -> None:
    client = client_of(box)
    boards = client.get("/members/me/boards")
    box.reset_requests()
    paths = [f"/boards/{board['id']}?fields=name,closed" for board in boards] * 3
    answers = list(client.get_many(paths))
    assert [answer["name"] for answer in answers] == [board["name"] for board in boards] * 3
    assert all(answer["closed"] is False for answer in answers)
    assert box.requests()["trello"]["GET"] == 2


def test_a_refusal_within_many_paths_stays_at_its_place(box: RunningSandbox) -> None:
    client = client_of(box)
    board = client.get("/members/me/boards")[0]["id"]
    first, missing, bad = client.get_many(
        [f"/boards/{board}", f"/boards/{'0' * 24}", "/boards/no id"]
    )
    assert first["id"] == board
    assert isinstance(missing, NotFound)
    assert isinstance(bad, RecordRefused)
    assert bad.status == 400


def test_a_refusal_of_a_path_alone_is_given_like_one_of_many(box: RunningSandbox) -> None:
    assert isinstance(next(client_of(box).get_many([f"/boards/{'0' * 24}"])), NotFound)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_where_a_batch_is_refused_as_a_whole_each_path_is_read_alone(
    box: RunningSandbox, status: int
) -> None:
    client = client_of(box)
    boards = client.get("/members/me/boards")
    box.add_fault("status", system="trello", path="/batch", status=status)
    answers = client.get_many(f"/boards/{board['id']}" for board in boards)
    assert [answer["id"] for answer in answers] == [board["id"] for board in boards]


def test_no_path_is_no_request(box: RunningSandbox) -> None:
    client = client_of(box)
    assert list(client.get_many([])) == []
    assert client.traffic.sent == 0


def test_paths_that_would_make_too_long_an_address_are_spread(box: RunningSandbox) -> None:
    client = client_of(box)
    board = client.get("/members/me/boards")[0]["id"]
    box.reset_requests()
    paths = [f"/boards/{board}?fields=name&x={'y' * 400}"] * 10
    assert len(list(client.get_many(paths))) == 10
    assert box.requests()["trello"]["GET"] > 2


def test_the_run_keeps_within_the_quota_that_the_headers_tell(box: RunningSandbox) -> None:
    box.switch(quotas=True, token_limit=5, window_ms=300)
    box.reset_quotas()
    client = client_of(box)
    for _ in range(12):
        client.get("/members/me/boards")
    assert box.requests()["trello"]["429"] == 0
    assert client.quotas.token.limit == 5


def test_a_429_that_somebody_else_caused_is_waited_for(box: RunningSandbox) -> None:
    box.switch(quotas=True, quota_headers=False, token_limit=3, window_ms=200)
    box.reset_quotas()
    other = client_of(box)
    for _ in range(3):
        other.get("/members/me/boards")
    client = client_of(box)
    client.quotas.token.window = 0.2
    client.get("/members/me/boards")
    assert box.requests()["trello"]["429"] == 1


def test_only_routes_of_single_members_count_against_the_narrow_quota() -> None:
    quotas = Quotas()
    assert quotas.member in quotas.pacers("/members/me")
    assert quotas.member in quotas.pacers("/members/5f/?fields=all")
    assert quotas.member in quotas.pacers("/search")
    assert quotas.member not in quotas.pacers("/members/me/boards")
    assert quotas.member not in quotas.pacers("/boards/1/members")


def test_a_client_needs_key_and_token() -> None:
    with pytest.raises(SettingError, match="'token'"):
        client_from_settings({"api_key": "k"})


def test_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(SettingError, match="https"):
        TrelloClient("k", "t", base_url="http://api.example/1")


def test_a_start_date_is_a_date_or_a_time() -> None:
    assert start_date_of({}) is None
    days = {start_date_of({"start_date": text}) for text in ("2026-01-01", "2026-01-01T00:00:00Z")}
    assert len(days) == 1
    with pytest.raises(SettingError, match="start_date"):
        start_date_of({"start_date": "last year"})


def test_requests_of_other_programs_with_the_same_token_count_too(box: RunningSandbox) -> None:
    box.switch(quotas=True, token_limit=6, window_ms=500)
    box.reset_quotas()
    other, client = client_of(box), client_of(box)
    client.get("/members/me/boards")
    for _ in range(3):
        other.get("/members/me/boards")
    for _ in range(5):
        client.get("/members/me/boards")
    assert box.requests()["trello"]["429"] == 0


def test_the_quota_of_all_tokens_in_use_counts_up_to_that_of_the_key() -> None:
    members = {f"{number:024x}": f"made-up-token-{number}" for number in range(4)}
    client = TrelloClient("made-up-key", "made-up-token", member_tokens=members)
    assert client.quota_per_second == 10.0
    for used, member in enumerate(members, start=2):
        client.of_member(member)
        assert client.quota_per_second == min(10.0 * used, 30.0)


def test_requests_of_members_count_as_the_clients() -> None:
    member = "f" * 24
    client = TrelloClient("made-up-key", "made-up-token", member_tokens={member: "made-up-other"})
    other = client.of_member(member)
    assert other is not None
    assert other.traffic is client.traffic
