from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from sandbox.testing import RunningSandbox

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}


def refresh(box: RunningSandbox, token: str, **changed: str) -> requests.Response:
    form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": token, **changed}
    return requests.post(f"{box.auth_url}/connect/token", data=form, timeout=10)


def users(box: RunningSandbox, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{box.crm_url}/users", headers=headers, timeout=10)


def test_a_refresh_token_gives_an_access_token(box: RunningSandbox) -> None:
    answer = refresh(box, "sandbox-refresh").json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert answer["access_token"].count(".") == 2
    assert users(box, answer["access_token"]).ok


def test_a_rotated_refresh_token_works_once(box: RunningSandbox) -> None:
    rotated = refresh(box, "sandbox-refresh").json()["refresh_token"]
    assert refresh(box, rotated).ok
    again = refresh(box, rotated)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert refresh(box, "sandbox-refresh").ok


def test_the_initial_refresh_token_dies_by_a_switch(box: RunningSandbox) -> None:
    box.switch(keep_initial_refresh_token="off")
    assert refresh(box, "sandbox-refresh").ok
    assert not refresh(box, "sandbox-refresh").ok


def test_rotation_can_be_switched_off(box: RunningSandbox) -> None:
    box.switch(rotate_refresh_token="off")
    assert "refresh_token" not in refresh(box, "sandbox-refresh").json()


@pytest.mark.parametrize("wrong", ["client_id", "client_secret"])
def test_a_wrong_client_is_refused(box: RunningSandbox, wrong: str) -> None:
    answer = refresh(box, "sandbox-refresh", **{wrong: "wrong"})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


def test_an_expired_a_forged_and_a_missing_token_are_refused(box: RunningSandbox) -> None:
    fresh = box.access_token()
    assert users(box, fresh).ok
    for token in (box.access_token(lifetime=-1), f"{fresh}x", "x", ""):
        answer = users(box, token)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_lifetime_is_a_switch(box: RunningSandbox) -> None:
    box.switch(token_lifetime=0)
    answer = refresh(box, "sandbox-refresh").json()
    assert answer["expires_in"] == 0
    assert users(box, answer["access_token"]).status_code == 401


def test_sign_ins_count_apart_from_writes(box: RunningSandbox) -> None:
    refresh(box, "sandbox-refresh")
    counts = box.requests()["crmoffice"]
    assert (counts["token"], counts["writes"]) == (1, 0)


def test_tokens_and_switches_outlive_a_restart(tmp_path: Path) -> None:
    with RunningSandbox(data=tmp_path, token_lifetime=60) as box:
        rotated = refresh(box, "sandbox-refresh").json()
    with RunningSandbox(data=tmp_path) as box:
        assert users(box, rotated["access_token"]).ok
        assert refresh(box, rotated["refresh_token"]).json()["expires_in"] == 60
