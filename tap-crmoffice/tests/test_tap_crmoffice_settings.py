from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from singer_rest import SettingError
from tap_crmoffice.settings import client_from_settings, sign_in_from_settings
from tap_crmoffice.tap import TapCrmOffice

REFRESH = {
    "tenant": "fjord",
    "client_id": "made-up-client",
    "client_secret": "made-up-secret",
    "refresh_token": "made-up-refresh",
}


def test_a_tenant_stands_for_its_own_host() -> None:
    assert sign_in_from_settings(REFRESH).auth_url == "https://fjord.crmoffice.no"


def test_an_auth_url_wins_over_a_tenant() -> None:
    sign_in = sign_in_from_settings({**REFRESH, "auth_url": "https://login.example.com"})

    assert sign_in.auth_url == "https://login.example.com"


@pytest.mark.parametrize("tenant", ["evil.example.com/", "a b", "-x", "fjord@host"])
def test_a_tenant_can_not_lead_to_another_host(tenant: str) -> None:
    with pytest.raises(SettingError, match="setting 'tenant' is wrong"):
        client_from_settings({**REFRESH, "tenant": tenant})


@pytest.mark.parametrize("name", ["client_id", "client_secret", "tenant"])
def test_what_is_missing_for_a_sign_in_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=f"no sign-in to CRMOffice: missing .*{name}"):
        client_from_settings({**REFRESH, name: None})


def test_without_a_refresh_token_and_before_a_login_both_ways_are_named(tmp_path: Path) -> None:
    settings = {**REFRESH, "refresh_token": "", "token_file": str(tmp_path / "token.json")}

    with pytest.raises(SettingError, match="run `tap-crmoffice login`, or set a refresh_token"):
        client_from_settings(settings)


def test_an_access_token_is_enough() -> None:
    sign_in = sign_in_from_settings({"access_token": "made-up-token"})

    assert sign_in.auth_url is None


def test_a_sign_in_shows_no_secret() -> None:
    shown = repr(sign_in_from_settings({**REFRESH, "access_token": "made-up-token"}))

    assert "made-up-client" in shown
    assert not any(secret in shown for secret in ("made-up-secret", "made-up-refresh", "-token'"))


def test_the_token_file_lies_in_the_current_folder_unless_it_is_set() -> None:
    assert sign_in_from_settings(REFRESH).token_file == Path(".crmoffice-token.json")
    assert sign_in_from_settings({**REFRESH, "token_file": "~/t"}).token_file == Path.home() / "t"


@pytest.mark.parametrize("name", ["api_url", "auth_url"])
def test_plain_http_to_another_machine_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match="must begin with https"):
        client_from_settings({**REFRESH, name: "http://api.example.com"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"page_size": 201}, "setting 'page_size' is wrong"),
        ({"page_size": 0}, "setting 'page_size' is wrong"),
        ({"start_date": "last week"}, "setting 'start_date' is wrong"),
        ({"client_id": ""}, "missing client_id"),
    ],
)
def test_the_tap_names_a_wrong_setting_before_it_starts(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        TapCrmOffice(config={**REFRESH, **changes})


def test_every_setting_has_a_title_and_a_description_and_secrets_are_marked() -> None:
    own = {
        name: setting
        for name, setting in TapCrmOffice.config_jsonschema["properties"].items()
        if name in {*REFRESH, "auth_url", "access_token", "token_file", "api_url", "start_date"}
    }

    assert all(setting.get("title") and setting.get("description") for setting in own.values())
    assert {name for name, setting in own.items() if setting.get("secret")} == {
        "client_secret",
        "refresh_token",
        "access_token",
    }
