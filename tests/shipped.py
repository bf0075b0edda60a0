"""The configuration that the project ships in meltano.yml."""

from __future__ import annotations

import copy
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parent.parent


@cache
def _project() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    return loaded


@cache
def _plugin(name: str) -> dict[str, Any]:
    plugins: list[dict[str, Any]] = [
        plugin for kind in _project()["plugins"].values() for plugin in kind
    ]
    (plugin,) = [plugin for plugin in plugins if plugin["name"] == name]
    return plugin


def plugin_config(name: str) -> dict[str, Any]:
    """The `config` of a plugin, before any environment."""
    return copy.deepcopy(_plugin(name).get("config", {}))


def is_selected(plugin: str, stream: str) -> bool:
    """Whether a stream of a tap is read."""
    patterns: list[str] = _plugin(plugin).get("select", ["*.*"])
    return any(fnmatch(stream, pattern.partition(".")[0]) for pattern in patterns)
