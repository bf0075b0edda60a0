"""`python -m publishing.hub_definitions`: write hub/, plugin definitions as Meltano Hub keeps them.

Nothing in them is written by hand. What a plugin is and which settings it has comes from its own
`--about`, its description from its pyproject.toml, what Meltano has to know besides from
meltano.yml, and what only a page of the Hub shows from `PAGES`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from publishing import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HUB = PROJECT / "hub"
VARIANT = "crmoffice-trello"
PIP_URL = "$SYNC_CLONE"
"""Where the clone lies; Meltano puts the variable's value into `pip_url`."""
LEFT_OUT = {
    "faker_config": "no plugin here installs faker",
    "add_record_metadata": "of targets that make tables",
    "load_method": "of targets that make tables",
    "batch_size_rows": "of targets that write in batches",
}
"""Settings that the SDK gives every plugin, and why they do nothing here."""
UNKNOWN_TO_MELTANO = {"validate-records", "target-schema"}
"""Capabilities that the SDK tells and the Hub takes, but Meltano's own schema does not."""


@dataclass(frozen=True)
class Page:
    """What a page of the Hub shows beside what Meltano uses.

    Attributes:
        domain_url: address of the system's own page.
        keywords: words to search by.
        preamble: what to know before one looks at the settings.
    """

    domain_url: str
    keywords: tuple[str, ...]
    preamble: str


_TRELLO = "https://developer.atlassian.com/cloud/trello/rest/"
_CRMOFFICE = "https://crmoffice.no/"
_TRELLO_SIGN_IN = (
    "Make a Power-Up at https://trello.com/power-ups/admin for the `api_key`. Then run `tap-trello "
    "login`, signed in as the member that the plugin acts as; or set a `token` of that member."
)
_CRMOFFICE_SIGN_IN = (
    "Your CRMOffice administrator makes an API client. Give its id and secret and the tenant, then "
    "run `tap-crmoffice login`; or give an `access_token` alone, for a first try."
)
_LINKS = (
    "The file of linked ids, `links_url`, has to be the same for target-trello and "
    "target-crmoffice."
)
PAGES: Mapping[str, Page] = {
    "tap-crmoffice": Page(_CRMOFFICE, ("api", "crm", "meltano_sdk"), _CRMOFFICE_SIGN_IN),
    "tap-trello": Page(_TRELLO, ("api", "kanban", "meltano_sdk"), _TRELLO_SIGN_IN),
    "target-crmoffice": Page(
        _CRMOFFICE,
        ("api", "crm", "meltano_sdk", "reverse_etl"),
        f"{_CRMOFFICE_SIGN_IN}\n\n{_LINKS}",
    ),
    "target-trello": Page(
        _TRELLO, ("api", "kanban", "meltano_sdk", "reverse_etl"), f"{_TRELLO_SIGN_IN}\n\n{_LINKS}"
    ),
}


def path_of(plugin: str) -> Path:
    """The file of a plugin's definition."""
    return HUB / kind_of(plugin) / f"{plugin}.yml"


def kind_of(plugin: str) -> str:
    """What Meltano calls such a plugin."""
    return "extractors" if plugin.startswith("tap-") else "loaders"


@cache
def about(plugin: str) -> dict[str, Any]:
    """What a plugin tells of itself: `--about --format=json`."""
    program = Path(sys.executable).parent / plugin
    command = (program, "--about", "--format=json")
    output = subprocess.run(command, check=True, capture_output=True)
    told: dict[str, Any] = json.loads(output.stdout)
    return told


def in_meltano_yml(plugin: str) -> dict[str, Any]:
    """A plugin's entry in the shipped project."""
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    (found,) = [each for each in project["plugins"][kind_of(plugin)] if each["name"] == plugin]
    entry: dict[str, Any] = found
    return entry


def text_of(plugin: str) -> str:
    """The definition as the file keeps it."""
    told, page = about(plugin), PAGES[plugin]
    text: str = yaml.safe_dump(
        _definition(plugin, told, page), allow_unicode=True, width=100, sort_keys=True
    )
    return text


def leaves(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The settings by name; those within an object are named with a dot, as the Hub does."""
    for name, schema in settings["properties"].items():
        if name in LEFT_OUT:
            continue
        named = [each for each in schema.get("properties", ()) if each != "__else__"]
        if named:
            yield from leaves(schema, f"{above}{name}.")
        else:
            yield f"{above}{name}", schema


def _definition(plugin: str, told: Mapping[str, Any], page: Page) -> dict[str, Any]:
    entry = in_meltano_yml(plugin)
    definition = {
        "name": plugin,
        "variant": VARIANT,
        "namespace": entry["namespace"],
        "label": entry["label"],
        "description": _description(plugin),
        "executable": entry["executable"],
        "pip_url": f"{PIP_URL}/{plugin}",
        "capabilities": sorted(set(told["capabilities"]) - UNKNOWN_TO_MELTANO),
        "settings_group_validation": entry["settings_group_validation"],
        "settings": [_setting(name, schema) for name, schema in leaves(told["settings"])],
        "domain_url": page.domain_url,
        "keywords": list(page.keywords),
        "maintenance_status": "beta",
        "quality": "silver",
        "settings_preamble": page.preamble,
        "supported_python_versions": told["supported_python_versions"],
    }
    if kind_of(plugin) == "extractors":
        definition["select"] = ["*.*"]
    if "commands" in entry:
        definition["commands"] = entry["commands"]
    return definition


def _description(plugin: str) -> str:
    text = (PROJECT / plugin / "pyproject.toml").read_text()
    (found,) = re.findall(r'^description = "(.+)"$', text, re.MULTILINE)
    return str(found)


def _setting(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    kind = _kind(name, schema)
    setting = {
        "name": name,
        "label": schema["title"],
        "kind": kind,
        "description": schema["description"],
    }
    if schema.get("secret"):
        setting["sensitive"] = True
    if kind == "options":
        setting["options"] = [
            {"label": value.capitalize(), "value": value} for value in schema["enum"]
        ]
    default = _default(name, schema.get("default"))
    if default not in (None, {}):
        setting["value"] = default
    return setting


def _kind(name: str, schema: Mapping[str, Any]) -> str:
    """What Meltano calls a setting's type.

    It knows none that is a text or an object, and takes a text for broken JSON where an object has
    to be. Of a text it makes nothing, and the plugins here read an object's JSON from it.
    """
    types = set(schema["type"]) - {"null"}
    if types == {"string", "object"}:
        return "string"
    (kind,) = types
    if kind != "string":
        return str(kind)
    if "enum" in schema:
        return "options"
    return "date_iso8601" if name.endswith("_date") else "string"


def _default(name: str, value: Any) -> Any:
    """A default; files lie beside meltano.yml, wherever Meltano is called."""
    if name == "token_file":
        return f"$MELTANO_PROJECT_ROOT/{value}"
    if name == "links_url":
        return value.replace("sqlite:///", "sqlite:///$MELTANO_PROJECT_ROOT/")
    return value


def main() -> None:
    """Write all definitions."""
    for plugin in PAGES:
        path_of(plugin).parent.mkdir(parents=True, exist_ok=True)
        path_of(plugin).write_text(text_of(plugin))


if __name__ == "__main__":
    main()
