"""A plugin's command line that answers an error with one line and exit code 1."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import exceptions as sdk
from singer_sdk.plugin_base import JSONSchemaValidator, SingerCommand
from singer_sdk.singerlib.exceptions import InvalidInputLine

from singer_rest.errors import PluginError, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click
    from jsonschema import ValidationError

__all__ = ["PlainCommand", "PlainErrors", "PlainStreamErrors"]

TOLD_IN_ONE_LINE = (
    PluginError,
    InvalidInputLine,
    FileNotFoundError,
    PermissionError,
    sdk.ConfigValidationError,
    sdk.InvalidJSONSchema,
    sdk.InvalidRecord,
    sdk.MapExpressionError,
    sdk.MissingKeyPropertiesError,
    sdk.RecordsWithoutSchemaException,
    sdk.StreamMapConfigError,
)


class PlainCommand(SingerCommand):
    """The SDK's command, with known errors told in one line.

    The traceback is logged as well where the log level is DEBUG.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command; on a known error log one line and exit with 1."""
        try:
            return super().main(*args, **kwargs)
        except (*TOLD_IN_ONE_LINE, ValueError) as error:
            if not isinstance(error, TOLD_IN_ONE_LINE) and not is_json_error(error):
                raise
            detail = self.logger.isEnabledFor(logging.DEBUG)
            self.logger.error("%s", one_line(error), exc_info=error if detail else None)
            sys.exit(1)


class PlainErrors:
    """Mixin for Tap and Target: plain errors on the command line, and of the settings.

    Put it before the SDK's class: `class TapX(PlainErrors, Tap)`.
    """

    name: str
    config_jsonschema: ClassVar[dict[str, Any]]
    _config: dict[str, Any]

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command with the same parameters, as a PlainCommand."""
        command = super().get_singer_command()  # type: ignore[misc]
        return PlainCommand(
            name=command.name,
            callback=command.callback,
            params=command.params,
            help=command.help,
            context_settings=command.context_settings,
            logger=command.logger,
        )

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings against their schema; empty texts count as not set.

        Raises:
            SettingError: naming every wrong setting on one line, and no value of a secret one.
        """
        schema = self.config_jsonschema
        self.append_builtin_config(schema)  # type: ignore[attr-defined]
        for key in [key for key, value in self._config.items() if value in (None, "")]:
            del self._config[key]
        errors = [
            setting_error(error, self.name, schema)
            for error in JSONSchemaValidator(schema).iter_errors(self._config)
        ]
        if errors and raise_errors:
            raise SettingError("; ".join(dict.fromkeys(errors)))
        return errors


class PlainStreamErrors:
    """Mixin for Stream: an error that the command tells in one line is not announced before.

    Put it before the SDK's class: `class ThingsStream(PlainStreamErrors, Stream)`.
    """

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log a message, unless it says that a plugin error goes by."""
        if not isinstance(sys.exc_info()[1], PluginError):
            super().log(message, *args, level=level, **kwargs)  # type: ignore[misc]


def setting_error(error: ValidationError, plugin: str, schema: Mapping[str, Any]) -> str:
    """One wrong or missing setting in words."""
    if error.validator == "required" and not error.path:
        required: Any = error.validator_value
        given: Any = error.instance
        missing = [name for name in required if name not in given]
        names = ", ".join(f"'{name}'" for name in missing)
        variables = ", ".join(variable_of(plugin, name) for name in missing)
        return f"missing setting {names}: set it in the plugin's config or as {variables}"
    if not error.path:  # its message may repeat the whole config
        return f"the settings are not as expected ({error.validator} {error.validator_value})"
    name = str(error.path[0])
    definition = schema.get("properties", {}).get(name, {})
    if definition.get("secret") or definition.get("writeOnly"):
        return f"setting '{name}' is not as expected ({error.validator} {error.validator_value})"
    return f"setting '{name}' is wrong: {error.message}"


def variable_of(plugin: str, setting: str) -> str:
    """The environment variable of a setting."""
    return f"{plugin}_{setting}".upper().replace("-", "_")


def is_json_error(error: BaseException) -> bool:
    """Whether a text was not JSON; the SDK reads files with simplejson and its own error class."""
    return isinstance(error, ValueError) and type(error).__name__ == "JSONDecodeError"


def one_line(error: BaseException) -> str:
    """The error's message on one line."""
    if is_json_error(error):
        return f"not valid JSON: {error}"
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}" if error.filename else str(error)
    return " ".join(str(error).split()) or type(error).__name__
