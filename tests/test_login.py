"""What a login keeps is enough for the tap and for the target of the same system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.command_line import browser_in, errors_of, run_plugin
from tests.shipped import plugin_config

if TYPE_CHECKING:
    from tests.office import Office

PLUGINS = ("tap-crmoffice", "tap-trello", "target-trello", "target-crmoffice")


@pytest.fixture
def office(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """People whose browsers allow each sign-in."""
    office.box.switch(sign_in="allow", keep_initial_refresh_token=False)
    monkeypatch.setenv("BROWSER", browser_in(office.folder))
    return office


def config_of(office: Office, plugin: str) -> dict[str, Any]:
    """The settings of a plugin without any token."""
    sign_in = office.trello_sign_in() if "trello" in plugin else office.crmoffice_sign_in()
    config = {**plugin_config(plugin), **sign_in}
    if plugin.startswith("target"):
        config["links_url"] = office.links_url
    return {name: value for name, value in config.items() if name not in {"token", "refresh_token"}}


def source_of(office: Office, plugin: str) -> str:
    """Singer messages that fit a target, as its sibling's partner writes them."""
    source = {"target-trello": "tap-crmoffice", "target-crmoffice": "tap-trello"}.get(plugin)
    if source is None:
        return ""
    result = run_plugin(source, config_of(office, source), office.folder)
    assert result.returncode == 0, result.stderr
    return result.stdout


def log_in(office: Office) -> None:
    for plugin, options in (("tap-crmoffice", ("--port", "0")), ("tap-trello", ())):
        config = config_of(office, plugin)
        result = run_plugin(
            plugin, config, office.folder, "login", *options, stdin="sandbox-token\n"
        )
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("plugin", PLUGINS)
def test_after_the_login_a_plugin_runs_without_any_token_in_its_settings(
    office: Office, plugin: str
) -> None:
    office.crm("POST", "/companies", name="Fjellvik Regnskap")
    log_in(office)

    config, stdin = config_of(office, plugin), source_of(office, plugin)
    result = run_plugin(plugin, config, office.folder, stdin=stdin)

    assert result.returncode == 0, result.stderr
    assert '"bookmarks"' in result.stdout


@pytest.mark.parametrize("plugin", PLUGINS)
def test_before_the_login_a_plugin_names_it_in_one_line(office: Office, plugin: str) -> None:
    result = run_plugin(plugin, config_of(office, plugin), office.folder)

    tap = "tap-trello" if "trello" in plugin else "tap-crmoffice"
    assert result.returncode == 1
    (error,) = errors_of(result)
    assert f"run `{tap} login`" in error
    assert "Traceback" not in result.stderr
