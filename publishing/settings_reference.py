"""`python -m publishing.settings_reference`: write docs/settings.md, from what the plugins tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers import capabilities
from singer_sdk.typing import PropertiesList

from publishing.hub_definitions import LEFT_OUT, PAGES, about
from publishing.layout import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PATH = DOCS / "settings.md"
OF_THE_SDK = {
    name
    for value in vars(capabilities).values()
    if isinstance(value, dict | PropertiesList)
    for name in (value.to_dict() if isinstance(value, PropertiesList) else value).get(
        "properties", ()
    )
} - {"emit_activate_version_messages"}
"""Settings that the SDK adds to every plugin, some of them only when the plugin is first used.

It describes one more, which it adds to no tap: the taps here have it, with a default of their own.
"""
HEAD = """# Settings

Every setting of the four plugins, as they tell them themselves; `tap-trello --about` and the like
print the same. This page is generated: `make settings` renews it.

A setting stands in the file that `--config` names, in the `config` of a plugin in
[meltano.yml](../meltano.yml), or in the variable under its name; a plugin without Meltano reads
variables with `--config=ENV`. Lists and objects are JSON there. What is marked **secret** is shown
nowhere: keep it in `.env`. The READMEs of the plugins explain what the settings are good for.

In Meltano, files lie beside meltano.yml: the link store and the login's tokens, too.
"""
LINE = "| setting and variable | type | default | meaning |\n|---|---|---|---|\n"
OF_THE_SDK_HEAD = "\nFrom the Singer SDK, as in any plugin that is built on it:\n\n"


def text() -> str:
    """The page as the file keeps it."""
    return HEAD + "".join(_section(plugin, about(plugin)["settings"]) for plugin in PAGES)


def _section(plugin: str, settings: Mapping[str, Any]) -> str:
    required = set(settings.get("required", ()))
    of_the_plugin: list[str] = []
    of_the_sdk: list[str] = []
    for name, schema in settings["properties"].items():
        if name not in LEFT_OUT:
            rows = of_the_sdk if name in OF_THE_SDK else of_the_plugin
            rows.append(_row(plugin, name, schema, required=name in required))
    return (
        f"\n## {plugin}\n\n{LINE}{''.join(of_the_plugin)}"
        f"{OF_THE_SDK_HEAD}{LINE}{''.join(of_the_sdk)}"
    )


def _row(plugin: str, name: str, schema: Mapping[str, Any], *, required: bool) -> str:
    variable = f"{plugin}_{name}".replace("-", "_").upper()
    marks = "".join(
        f" **{mark}**"
        for mark, holds in (("required", required), ("secret", schema.get("secret")))
        if holds
    )
    kind = " or ".join(_kinds(schema))
    return (
        f"| `{name}`{marks}<br>`{variable}` | {kind} | {_default(schema)} "
        f"| {_one_cell(schema['description'])} |\n"
    )


def _kinds(schema: Mapping[str, Any]) -> Iterator[str]:
    """What values a setting may have."""
    if "enum" in schema:
        yield from (f"`{value}`" for value in schema["enum"])
        return
    for kind in schema["type"]:
        if kind == "array":
            yield f"list of {_plural(schema['items']['type'])}"
        elif kind == "integer":
            yield "integer" + _bounds(schema)
        elif kind != "null":
            yield kind


def _plural(kinds: Iterable[str]) -> str:
    return " or ".join(f"{kind}s" for kind in kinds if kind != "null")


def _bounds(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None:
        return ""
    return f", {least} or more" if most is None else f", {least} to {most}"


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    if default in (None, {}):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _one_cell(description: str) -> str:
    return " ".join(description.split()).replace("|", "\\|")


if __name__ == "__main__":
    PATH.write_text(text())
