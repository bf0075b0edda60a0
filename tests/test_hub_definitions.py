"""The plugin definitions in hub/: up to date, valid for Meltano, true of the plugins, usable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import tap_crmoffice.settings
import tap_trello.settings
import yaml
from jsonschema import Draft202012Validator
from singer_rest import SettingError
from tap_crmoffice.settings import sign_in_to_begin
from tap_crmoffice.token_file import TokenFile
from tap_trello.settings import token_file_of

from publishing import hub_definitions
from publishing.hub_definitions import HUB, LEFT_OUT, PAGES, UNKNOWN_TO_MELTANO, kind_of, path_of
from tests.shipped import PROJECT

ON_A_PAGE_OF_THE_HUB: dict[str, Any] = {
    "domain_url": {"type": "string", "pattern": "^https://"},
    "keywords": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "maintenance_status": {"enum": ["active", "beta", "development", "inactive", "unknown"]},
    "quality": {"enum": ["gold", "silver", "bronze", "unknown"]},
    "settings_preamble": {"type": "string"},
    "supported_python_versions": {
        "type": "array",
        "items": {"type": "string", "pattern": r"^3\.\d+$"},
    },
}
"""What the Hub takes beyond Meltano's own schema."""
MELTANO = json.loads(files("meltano.schemas").joinpath("meltano.schema.json").read_text())
TYPES_OF_KIND = {
    "string": {"string"},
    "date_iso8601": {"string"},
    "options": {"string"},
    "integer": {"integer"},
    "boolean": {"boolean"},
    "array": {"array"},
    "object": {"object"},
}
SIGN_IN = {
    "tap-crmoffice": tap_crmoffice.settings.client_from_settings,
    "target-crmoffice": tap_crmoffice.settings.client_from_settings,
    "tap-trello": tap_trello.settings.client_from_settings,
    "target-trello": tap_trello.settings.client_from_settings,
}
"""What each plugin makes of its settings before its first request."""

every_plugin = pytest.mark.parametrize("plugin", PAGES)


def definition_of(plugin: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path_of(plugin).read_text())
    return loaded


def settings_of(plugin: str) -> dict[str, dict[str, Any]]:
    return {setting["name"]: setting for setting in definition_of(plugin)["settings"]}


def told_settings(plugin: str) -> dict[str, dict[str, Any]]:
    """The settings that `--about` tells, those within an object by dotted names."""
    return dict(flat(hub_definitions.about(plugin)["settings"]["properties"]))


def flat(properties: dict[str, Any], above: str = "") -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for name, schema in properties.items():
        inner = {key: each for key, each in schema.get("properties", {}).items() if key[0] != "_"}
        if name not in LEFT_OUT:
            found += flat(inner, f"{above}{name}.") if inner else [(above + name, schema)]
    return found


@every_plugin
def test_a_definition_is_up_to_date(plugin: str) -> None:
    text = hub_definitions.text_of(plugin)
    assert path_of(plugin).read_text() == text, "run: python -m publishing.hub_definitions"


def test_no_other_definition_is_there() -> None:
    assert set(HUB.rglob("*.*")) == {path_of(plugin) for plugin in PAGES}


@every_plugin
def test_a_definition_is_valid_for_meltano(plugin: str) -> None:
    definition = definition_of(plugin)
    of_the_hub = {name: definition.pop(name) for name in ON_A_PAGE_OF_THE_HUB}
    schema = {"$ref": f"#/$defs/plugins/{kind_of(plugin)}", "$defs": MELTANO["$defs"]}
    assert errors_under(schema, definition) == []
    assert errors_under({"properties": ON_A_PAGE_OF_THE_HUB}, of_the_hub) == []


def test_the_shipped_project_is_valid_for_meltano() -> None:
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    assert errors_under(MELTANO, project) == []


def errors_under(schema: dict[str, Any], found: Any) -> list[str]:
    validator = Draft202012Validator({"$schema": MELTANO["$schema"], **schema})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)]


@every_plugin
def test_a_definition_has_the_settings_that_the_plugin_tells(plugin: str) -> None:
    stated, told = settings_of(plugin), told_settings(plugin)
    assert set(stated) == set(told)
    assert {name for name, each in stated.items() if each.get("sensitive")} == {
        name for name, each in told.items() if each.get("secret")
    }
    for name, setting in stated.items():
        assert TYPES_OF_KIND[setting["kind"]] <= set(told[name]["type"]), name
        options = {option["value"] for option in setting.get("options", ())}
        assert options == set(told[name].get("enum", ())), name
        assert setting["description"], name


@every_plugin
def test_a_default_in_a_definition_is_the_plugins(plugin: str) -> None:
    stated = settings_of(plugin)
    for name, schema in told_settings(plugin).items():
        if "value" in stated[name]:
            value = stated[name]["value"]
            if isinstance(value, str):
                value = value.replace("$MELTANO_PROJECT_ROOT/", "")
            assert value == schema["default"], name
        else:
            assert schema.get("default") in (None, {}), name


@every_plugin
def test_a_definition_and_the_shipped_project_say_the_same(plugin: str) -> None:
    definition, entry = definition_of(plugin), hub_definitions.in_meltano_yml(plugin)
    for name in ("namespace", "label", "executable", "settings_group_validation", "commands"):
        assert definition.get(name) == entry.get(name)
    assert set(entry["capabilities"]) <= set(definition["capabilities"])
    for setting in entry["settings"]:
        stated = settings_of(plugin)[setting["name"]]
        assert setting.get("kind", "string") == stated["kind"], setting["name"]
        assert setting.get("sensitive", False) == stated.get("sensitive", False), setting["name"]


@every_plugin
def test_a_definition_states_what_the_plugin_can_do(plugin: str) -> None:
    told = set(hub_definitions.about(plugin)["capabilities"])
    assert set(definition_of(plugin)["capabilities"]) == told - UNKNOWN_TO_MELTANO


@every_plugin
def test_each_group_of_required_settings_is_enough_after_the_login_and_has_none_too_many(
    plugin: str, tmp_path: Path
) -> None:
    values = {
        "api_url": "https://127.0.0.1",
        "auth_url": "https://127.0.0.1",
        "token_file": str(tmp_path / "token.json"),
    }
    for group in definition_of(plugin)["settings_group_validation"]:
        config = {name: values.get(name, "x" * 32) for name in group}
        keep_login({"token_file": values["token_file"], **config})
        SIGN_IN[plugin]({"token_file": values["token_file"], **config})
        for name in group:
            fewer = {key: value for key, value in config.items() if key != name}
            with pytest.raises(SettingError):
                SIGN_IN[plugin]({"token_file": values["token_file"], **fewer})


def keep_login(config: dict[str, Any]) -> None:
    """Leave in the token file what the login leaves there, where the settings allow one."""
    if "api_key" in config:
        token_file_of(config).keep(config["api_key"], "x" * 32)
    elif "client_id" in config:
        file = TokenFile(sign_in_to_begin(config))
        file.keep(replace(file.empty, refresh_token="x" * 32))


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("meltano")
@pytest.mark.parametrize("plugin", ["tap-trello", "target-crmoffice"])
def test_a_fresh_meltano_project_adds_a_plugin_by_its_definition(
    plugin: str, tmp_path: Path
) -> None:
    (tmp_path / "meltano.yml").write_text("requires_meltano: '>=4.4'\nproject_id: fresh\n")
    kind = {"extractors": "extractor", "loaders": "loader"}[kind_of(plugin)]
    meltano(tmp_path, "add", "--plugin-type", kind, plugin, "--from-ref", str(path_of(plugin)))
    listed = meltano(tmp_path, "config", "list", "--all", plugin)
    prefix = plugin.replace("-", "_").upper()
    for name in told_settings(plugin):
        assert f"env: {prefix}_{name.replace('.', '_').upper()}]" in listed, name
    for group in definition_of(plugin)["settings_group_validation"]:
        assert ", ".join(sorted(group)) in listed
    assert meltano(tmp_path, "invoke", plugin, "--version").startswith(plugin)


def meltano(folder: Path, *arguments: str) -> str:
    """Run Meltano in a project; what it writes to standard output."""
    result = subprocess.run(
        [Path(sys.executable).parent / "meltano", "--log-level=warning", *arguments],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if "MELTANO" not in name},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "SYNC_CLONE": str(PROJECT),
            "COLUMNS": "1000",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
