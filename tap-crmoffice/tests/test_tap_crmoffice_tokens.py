from __future__ import annotations

import base64
import json
import logging
import stat
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from singer_rest import SettingError, StopRun
from tap_crmoffice.client import CrmOfficeClient
from tap_crmoffice.signin import SignIn, expiry_of
from tap_crmoffice.tokens import TokenStore

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import RunningSandbox


@pytest.fixture
def sign_in(sandbox: RunningSandbox, tmp_path: Path) -> SignIn:
    return SignIn(
        tmp_path / "token.json",
        sandbox.auth_url,
        sandbox.client_id,
        sandbox.client_secret,
        sandbox.refresh_token,
    )


def store(sign_in: SignIn, later: float = 0.0) -> TokenStore:
    """A store of a new process, `later` seconds from now."""
    return TokenStore(sign_in, clock=lambda: time.time() + later, backoff=0)


def refreshes(sandbox: RunningSandbox) -> int:
    return sandbox.requests()["crmoffice"].get("token", 0)


def test_one_token_serves_until_shortly_before_it_expires(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    first = store(sign_in).access_token()

    assert store(sign_in).access_token() == first
    assert store(sign_in, later=3500).access_token() == first
    assert refreshes(sandbox) == 1
    assert store(sign_in, later=3599).access_token() != first
    assert refreshes(sandbox) == 2


def test_a_rotated_refresh_token_survives_to_the_next_run(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    store(sign_in).access_token()
    sandbox.switch(rotate_refresh_token=True, keep_initial_refresh_token=False)

    tokens = {store(sign_in, later=hours * 4000).access_token() for hours in range(4)}

    assert len(tokens) == 4


def test_the_file_is_private_and_left_alone_by_a_failed_refresh(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    store(sign_in).access_token()
    before = sign_in.token_file.read_text()
    sandbox.add_fault("status", system="crmoffice", path="token", status=400)

    with pytest.raises(StopRun):
        store(sign_in, later=4000).access_token()

    assert stat.S_IMODE(sign_in.token_file.stat().st_mode) == 0o600
    assert sign_in.token_file.read_text() == before
    assert {path.name for path in sign_in.token_file.parent.iterdir()} <= {
        "token.json",
        "token.json.lock",
    }


def test_a_newly_set_refresh_token_wins_over_the_file(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    store(sign_in).access_token()
    newly_set = replace(sign_in, refresh_token="made-up-and-wrong")

    with pytest.raises(StopRun, match="run `tap-crmoffice login`, or set a new refresh_token"):
        store(newly_set).access_token()
    assert refreshes(sandbox) == 2


def test_the_refresh_token_that_is_set_is_tried_when_the_stored_one_is_refused(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    sandbox.switch(rotate_refresh_token=True)
    store(sign_in).access_token()
    kept = json.loads(sign_in.token_file.read_text())
    sign_in.token_file.write_text(json.dumps({**kept, "refresh_token": "made-up-and-old"}))

    assert store(sign_in, later=4000).access_token()


def test_a_refresh_token_that_is_set_no_longer_is_not_needed(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    store(sign_in).access_token()
    sandbox.switch(keep_initial_refresh_token=False)
    without = replace(sign_in, refresh_token="")

    for hours in range(1, 4):
        assert store(without, later=hours * 4000).access_token()


def test_a_refresh_token_that_is_set_again_does_not_win_over_what_it_led_to(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    store(sign_in).access_token()
    store(replace(sign_in, refresh_token=""), later=4000).access_token()
    sandbox.switch(keep_initial_refresh_token=False)

    assert store(sign_in, later=8000).access_token()


@pytest.mark.parametrize("change", [{"client_id": "other"}, {"auth_url": "https://127.0.0.1:9"}])
def test_the_sign_in_of_another_client_is_not_used(
    sandbox: RunningSandbox, sign_in: SignIn, change: dict[str, str]
) -> None:
    store(sign_in).access_token()
    sandbox.reset_requests()

    with pytest.raises(StopRun, match=r"there is no sign-in in .*: run `tap-crmoffice login`"):
        store(replace(sign_in, refresh_token="", **change)).access_token()
    assert refreshes(sandbox) == 0


def test_a_stored_refresh_token_that_is_refused_leads_to_a_new_login(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    store(sign_in).access_token()
    kept = json.loads(sign_in.token_file.read_text())
    sign_in.token_file.write_text(json.dumps({**kept, "refresh_token": "made-up-and-old"}))
    sandbox.reset_requests()

    with pytest.raises(StopRun, match=r"the refresh token .*: run `tap-crmoffice login`"):
        store(replace(sign_in, refresh_token=""), later=4000).access_token()
    assert refreshes(sandbox) == 1


def test_the_file_of_a_release_that_knew_no_login_is_used(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    first = store(sign_in).access_token()
    kept = json.loads(sign_in.token_file.read_text())
    del kept["client"]
    sign_in.token_file.write_text(json.dumps(kept))

    assert store(sign_in).access_token() == first
    assert refreshes(sandbox) == 1


def test_two_plugins_at_once_refresh_only_once(sandbox: RunningSandbox, sign_in: SignIn) -> None:
    store(sign_in).access_token()
    sandbox.switch(rotate_refresh_token=True, keep_initial_refresh_token=False)
    got: list[str] = []

    def plugin() -> None:
        got.append(store(sign_in, later=4000).access_token())

    threads = [threading.Thread(target=plugin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 4
    assert len(set(got)) == 1
    assert refreshes(sandbox) == 2


def test_a_refused_token_is_replaced_by_what_another_plugin_got_meanwhile(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    ours, other = store(sign_in), store(sign_in)
    refused = ours.access_token()
    other.access_token()
    other.renew(refused)
    assert refreshes(sandbox) == 2

    ours.renew(refused)

    assert ours.access_token() == other.access_token() != refused
    assert refreshes(sandbox) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 9}', "\udcff"])
def test_a_damaged_file_is_written_anew(
    sandbox: RunningSandbox, sign_in: SignIn, content: str
) -> None:
    sign_in.token_file.write_bytes(content.encode(errors="surrogateescape"))

    assert store(sign_in).access_token()
    assert store(sign_in).access_token()
    assert refreshes(sandbox) == 1


def test_a_folder_that_can_not_be_written_is_told_before_a_refresh_token_is_spent(
    sandbox: RunningSandbox, sign_in: SignIn, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    nowhere = replace(sign_in, token_file=tmp_path / "file" / "token.json")

    with pytest.raises(SettingError, match=r"token_file .* can't be written"):
        store(nowhere).access_token()
    assert refreshes(sandbox) == 0


def test_a_pasted_token_is_used_and_needs_no_file(sandbox: RunningSandbox, tmp_path: Path) -> None:
    pasted = SignIn(tmp_path / "token.json", access_token=sandbox.access_token())

    assert store(pasted).access_token() == pasted.access_token
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lifetime", [-10.0, 3600.0])
def test_a_pasted_token_without_refresh_settings_ends_with_what_to_set(
    sandbox: RunningSandbox, tmp_path: Path, lifetime: float
) -> None:
    pasted = SignIn(tmp_path / "token.json", access_token=sandbox.access_token(lifetime))

    with pytest.raises(StopRun, match="set a new access_token, or auth_url"):
        store(pasted).renew(pasted.access_token)
    if lifetime < 0:
        with pytest.raises(StopRun, match="set a new access_token, or auth_url"):
            store(pasted).access_token()


def test_a_pasted_token_that_expired_by_its_own_words_costs_no_request(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    pasted = replace(sign_in, access_token=sandbox.access_token(-10))

    CrmOfficeClient(sandbox.crm_url, store(pasted)).get("/users")

    assert [entry["status"] for entry in sandbox.log() if entry["path"].endswith("/users")] == [200]


def test_a_pasted_token_that_was_refused_is_not_tried_again_by_the_next_run(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    pasted = replace(sign_in, access_token="made-up-and-wrong")
    for _ in range(2):
        CrmOfficeClient(sandbox.crm_url, store(pasted)).get("/users")

    asked = [entry["status"] for entry in sandbox.log() if entry["path"].endswith("/users")]
    assert asked == [401, 200, 200]


def test_an_expired_token_is_renewed_in_the_middle_of_a_run(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    client = CrmOfficeClient(sandbox.crm_url, store(sign_in), backoff=0)
    client.get("/users")
    sandbox.add_fault("expire_token", system="crmoffice", path="users", count=1)

    assert client.get("/users")


def test_a_refresh_that_fails_in_passing_is_tried_again(
    sandbox: RunningSandbox, sign_in: SignIn
) -> None:
    sandbox.add_fault("status", system="crmoffice", path="token", status=503, count=2)

    assert store(sign_in).access_token()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"client_secret": "made-up-wrong"}, "check the settings client_id and client_secret"),
        ({"client_id": "made-up-wrong"}, "check the settings client_id and client_secret"),
        ({"refresh_token": "made-up-wrong"}, "set a new refresh_token"),
    ],
)
def test_a_refused_refresh_names_the_settings_to_check_and_no_secret(
    sign_in: SignIn, change: dict[str, str], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(StopRun, match=message) as caught:
        store(replace(sign_in, **change)).access_token()

    told = str(caught.value) + caplog.text
    assert "\n" not in str(caught.value)
    for secret in ("made-up-wrong", sign_in.client_secret, sign_in.refresh_token):
        assert secret not in told


@pytest.mark.parametrize("path", ["/crmoffice/auth/nowhere", "/", "/crmoffice/auth/connect/token"])
def test_an_auth_url_that_is_wrong_is_named(
    sandbox: RunningSandbox, sign_in: SignIn, path: str
) -> None:
    with pytest.raises(StopRun, match="check the setting auth_url"):
        store(replace(sign_in, auth_url=sandbox.url + path)).access_token()


def test_the_expiry_is_read_from_a_jwt() -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 1700000000}).encode()).decode()

    assert expiry_of(f"head.{claims.rstrip('=')}.signature") == 1700000000


@pytest.mark.parametrize(
    "token", ["", "opaque", "a.b.c", "a.!!!.c", "a.e30.c", "a.bnVsbA.c", "å.å"]
)
def test_a_token_that_tells_no_expiry_has_none(token: str) -> None:
    assert expiry_of(token) is None
