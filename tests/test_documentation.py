"""What the documentation names exists: commands, jobs, links, settings."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from linked_target.cli.main import links as links_command
from linked_target.sync.outcome import COLUMNS
from sandbox.cli import main as sandbox_command
from tap_crmoffice.tap import TapCrmOffice
from tap_trello.tap import TapTrello
from target_crmoffice.target import TargetCrmOffice
from target_trello.target import TargetTrello

from publishing.settings_reference import OF_THE_SDK
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLUGINS: dict[str, Any] = {
    "tap-crmoffice": TapCrmOffice,
    "tap-trello": TapTrello,
    "target-crmoffice": TargetCrmOffice,
    "target-trello": TargetTrello,
}
GUIDES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
PAGES = [
    *GUIDES,
    *sorted(path.with_name("README.md") for path in PROJECT.glob("*/pyproject.toml")),
    *sorted(PROJECT.glob("examples/*/README.md")),
]
LOG_LEVEL = "LOGLEVEL"
"""Not a setting: the SDK looks for it in the environment only."""
BESIDE_MELTANO_YML = {"links_url", "token_file"}
"""Files that Meltano places beside meltano.yml, and the plugins in the current folder."""


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def every_page(test: Any) -> Any:
    return pytest.mark.parametrize("page", PAGES, ids=named)(test)


def every_plugin(test: Any) -> Any:
    return pytest.mark.parametrize("plugin", PLUGINS)(test)


@cache
def text_of(page: Path) -> str:
    return page.read_text()


def code_of(page: Path) -> list[str]:
    """The lines of code blocks, and the code within sentences."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text_of(page), re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^ *```\w*\n.*?^ *```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return [*(line for block in blocks for line in block.splitlines()), *code_in(prose)]


def code_in(prose: str) -> list[str]:
    return re.findall(r"`([^`]+)`", prose)


@cache
def project() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    return loaded


def meltano_plugins() -> dict[str, Any]:
    return {plugin["name"]: plugin for kind in project()["plugins"].values() for plugin in kind}


def own_settings(plugin: str) -> dict[str, Any]:
    """The properties of a plugin's settings schema, without those of the SDK."""
    properties = PLUGINS[plugin].config_jsonschema["properties"]
    return {name: each for name, each in properties.items() if name not in OF_THE_SDK}


def settings_section(plugin: str) -> str:
    text = text_of(PROJECT / plugin / "README.md")
    found = re.search(r"^## Settings\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{plugin}/README.md has no section Settings"
    return found[1]


def rows_of(text: str, first_header: str) -> Iterator[dict[str, str]]:
    """The cells by header of each row of the tables whose first column has this header."""
    headers: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            headers = []
        elif not headers:
            headers = cells
        elif headers[0] == first_header and not set(line) <= set("|-: "):
            yield dict(zip(headers, cells, strict=True))


def slugs_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = re.sub(r"^ *```.*?^ *```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@every_page
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    used = {name for code in code_of(page) for name in re.findall(r"\bmake ([a-z-]+)", code)}
    assert used <= targets


@every_page
def test_every_job_and_plugin_that_is_run_exists(page: Path) -> None:
    jobs = {job["name"] for job in project()["jobs"]}
    added = set(re.findall(r"^ *- name: ((?:tap|target)-[\w-]+)", text_of(page), re.MULTILINE))
    commands = {
        f"{plugin['name']}:{command}"
        for plugin in meltano_plugins().values()
        for command in plugin.get("commands", {})
    }
    sub_commands = {command.name for kind in PLUGINS.values() for command in kind.sub_commands}
    known = jobs | added | commands | sub_commands | set(meltano_plugins())
    used = {
        word
        for code in code_of(page)
        for words in re.findall(r"\bmeltano (?:--\S+ )?run ([^#|>&\n\\]+)", code)
        for word in words.split()
        if not word.startswith("--")
    }
    invoked = {
        (word, argument)
        for code in code_of(page)
        for word, argument in re.findall(r"\bmeltano (?:--\S+ )?invoke (\S+)(?: (\S+))?", code)
    }
    assert used | {word for word, _ in invoked} <= known
    assert {argument for word, argument in invoked if word == "links"} <= set(
        links_command.commands
    )


@every_page
def test_every_schedule_and_environment_named_exists(page: Path) -> None:
    code = "\n".join(code_of(page))
    schedules = {schedule["name"] for schedule in project()["schedules"]}
    assert set(re.findall(r"\bschedule run ([\w-]+)", code)) <= schedules
    environments = {environment["name"] for environment in project()["environments"]}
    assert set(re.findall(r"--environment=(\w+)", code)) <= environments


@every_page
def test_every_command_of_links_and_sandbox_named_exists(page: Path) -> None:
    code = "\n".join(code_of(page))
    assert set(re.findall(r"\blinks:(\w+)", code)) <= set(links_command.commands)
    assert set(re.findall(r"\bsandbox:(\w+)", code)) <= set(sandbox_command.commands)


def test_every_command_in_meltano_yml_exists() -> None:
    plugins = meltano_plugins()
    stated = {name: args.split()[0] for name, args in plugins["links"]["commands"].items()}
    assert stated == {name: name for name in links_command.commands}
    assert set(plugins["sandbox"]["commands"].values()) <= set(sandbox_command.commands)
    for plugin, kind in PLUGINS.items():
        sub_commands = {command.name for command in kind.sub_commands}
        stated = plugins[plugin].get("commands", {})
        assert set(stated) == sub_commands
        for name, command in stated.items():
            assert command["args"].split()[0] == name


@every_page
def test_every_sub_command_of_a_plugin_named_exists(page: Path) -> None:
    for code in code_of(page):
        for plugin, name in re.findall(r"\b((?:tap|target)-\w+)[: ]([a-z]+)(?![\w-])", code):
            if plugin in PLUGINS:
                known = {command.name for command in PLUGINS[plugin].sub_commands}
                assert name in known, code


@every_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in slugs_of(target), link


@every_page
def test_every_variable_that_sets_a_plugin_names_a_setting(page: Path) -> None:
    for code in code_of(page):
        for kind, system, name in re.findall(r"\b(TAP|TARGET)_(TRELLO|CRMOFFICE)_([A-Z_]+)", code):
            settings = {*own_settings(f"{kind}-{system}".lower()), *OF_THE_SDK}
            assert name == LOG_LEVEL or name.lower() in settings, code


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_every_variable_of_env_named_is_in_the_example(page: Path) -> None:
    example = set(re.findall(r"^(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    used = set(re.findall(r"(?<![\w$])(?:TRELLO|CRMOFFICE)_[A-Z_]+", text_of(page)))
    assert used <= example


def test_every_variable_of_the_environment_prod_is_in_the_example() -> None:
    example = set(re.findall(r"^(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    (prod,) = [each for each in project()["environments"] if each["name"] == "prod"]
    used = set(re.findall(r"\$([A-Z_]+)", yaml.safe_dump(prod["config"])))
    assert used - set(prod["env"]) == example


def test_the_readme_explains_each_column_of_the_tables() -> None:
    rows = rows_of(text_of(PROJECT / "README.md"), "column")
    assert [code_in(row["column"])[0] for row in rows] == list(COLUMNS)


def test_the_readme_lists_each_setting_with_its_plugins_and_default() -> None:
    for row in rows_of(text_of(PROJECT / "README.md"), "setting"):
        plugins = [name for name in PLUGINS if is_meant(row["of"], name)]
        assert plugins, row
        for plugin in plugins:
            for name in code_in(row["setting"]):
                assert name in own_settings(plugin), (plugin, name)
                assert_default(own_settings(plugin)[name], row["default"])


def is_meant(words: str, plugin: str) -> bool:
    kind, _, system = plugin.partition("-")
    return words in {
        plugin,
        f"both {kind}s",
        "both CRMOffice plugins" if system == "crmoffice" else "both Trello plugins",
    }


def assert_default(setting: dict[str, Any], cell: str) -> None:
    """Where a cell is one value, it is the setting's default."""
    literal = re.fullmatch(r"`([^`]+)`|(\d+)", cell)
    if literal:
        stated = literal[1] or literal[2]
        default = setting.get("default")
        assert stated.strip("'\"") == (
            str(default).lower() if isinstance(default, bool) else str(default)
        )


@every_plugin
def test_a_plugins_readme_names_each_setting_and_no_other(plugin: str) -> None:
    section, settings = settings_section(plugin), own_settings(plugin)
    in_tables = {name for row in rows_of(section, "setting") for name in code_in(row["setting"])}
    assert in_tables, f"{plugin}/README.md has no table of settings"
    assert in_tables <= set(settings)
    assert set(settings) <= in_tables | set(code_in(section))


@every_plugin
def test_the_defaults_in_a_plugins_readme_are_the_plugins(plugin: str) -> None:
    for row in rows_of(settings_section(plugin), "setting"):
        for name in code_in(row["setting"]):
            assert_default(own_settings(plugin)[name], row.get("default", ""))


@every_plugin
def test_meltano_knows_each_setting_of_a_plugin_and_no_other(plugin: str) -> None:
    stated = {setting["name"] for setting in meltano_plugins()[plugin]["settings"]}
    assert stated == set(own_settings(plugin))


@every_plugin
def test_meltano_keeps_exactly_the_secrets_secret(plugin: str) -> None:
    settings = meltano_plugins()[plugin]["settings"]
    sensitive = {setting["name"] for setting in settings if setting.get("sensitive")}
    secret = {name for name, each in own_settings(plugin).items() if each.get("secret")}
    assert sensitive == secret
    assert secret


@every_plugin
def test_a_default_in_meltano_is_the_plugins_default(plugin: str) -> None:
    config = meltano_plugins()[plugin].get("config", {})
    for setting in meltano_plugins()[plugin]["settings"]:
        name = setting["name"]
        if "value" not in setting or name not in own_settings(plugin):
            continue
        # both targets share the definition of `source`; its value is set beside it
        value = config["source"] if name == "source" and "source" in config else setting["value"]
        default = own_settings(plugin)[name].get("default")
        if name in BESIDE_MELTANO_YML:
            value = str(value).replace("$MELTANO_PROJECT_ROOT/", "")
        assert value == default, name


@every_plugin
def test_the_choices_in_meltano_are_the_plugins_choices(plugin: str) -> None:
    for setting in meltano_plugins()[plugin]["settings"]:
        if setting.get("kind") == "options":
            allowed = own_settings(plugin)[setting["name"]]["enum"]
            assert {option["value"] for option in setting["options"]} == set(allowed)


@every_plugin
def test_each_setting_says_what_it_is_for(plugin: str) -> None:
    for name, setting in own_settings(plugin).items():
        assert setting.get("description"), name
    for setting in meltano_plugins()[plugin]["settings"]:
        assert setting.get("description"), setting["name"]
