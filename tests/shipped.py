"""The configuration that the project ships in meltano.yml."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parent.parent


@cache
def _project() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "meltano.yml").read_text())
    return loaded


def plugin_config(name: str) -> dict[str, Any]:
    """The `config` of a plugin, before any environment."""
    plugins = [plugin for kind in _project()["plugins"].values() for plugin in kind]
    (plugin,) = [plugin for plugin in plugins if plugin["name"] == name]
    return copy.deepcopy(plugin.get("config", {}))
