"""Settings, checked against their schema, and what is wrong with them in words."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.plugin_base import JSONSchemaValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import ValidationError

__all__ = ["complete_settings"]


def complete_settings(config: dict[str, Any], plugin: str, schema: dict[str, Any]) -> list[str]:
    """Put defaults into the settings, in place, and tell what is wrong with them.

    Empty texts count as not set. Where a text or an object may stand, a text that is JSON of an
    object is one: that is how Meltano passes it on from an environment variable.

    Returns:
        Each wrong or missing setting in words, with no value of a secret one.
    """
    for key in [key for key, value in config.items() if value in (None, "")]:
        del config[key]
    for key, definition in schema.get("properties", {}).items():
        if {"string", "object"} <= set(definition.get("type", ())) and key in config:
            config[key] = _object_of(config[key])
    found = JSONSchemaValidator(schema).iter_errors(config)
    return list(dict.fromkeys(_in_words(error, plugin, schema) for error in found))


def _object_of(value: Any) -> Any:
    """The object that a text is the JSON of; any other value as it is."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(msgspec.DecodeError):
            return msgspec.json.decode(value)
    return value


def _in_words(error: ValidationError, plugin: str, schema: Mapping[str, Any]) -> str:
    """One wrong or missing setting."""
    if error.validator == "required" and not error.path:
        required: Any = error.validator_value
        given: Any = error.instance
        missing = [name for name in required if name not in given]
        names = ", ".join(f"'{name}'" for name in missing)
        variables = ", ".join(_variable_of(plugin, name) for name in missing)
        return f"missing setting {names}: set it in the plugin's config or as {variables}"
    if not error.path:  # its message may repeat the whole config
        return f"the settings are not as expected ({error.validator} {error.validator_value})"
    name = str(error.path[0])
    definition = schema.get("properties", {}).get(name, {})
    if definition.get("secret") or definition.get("writeOnly"):
        return f"setting '{name}' is not as expected ({error.validator} {error.validator_value})"
    return f"setting '{name}' is wrong: {error.message}"


def _variable_of(plugin: str, setting: str) -> str:
    """The environment variable of a setting."""
    return f"{plugin}_{setting}".upper().replace("-", "_")
