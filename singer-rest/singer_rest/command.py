"""A plugin's command line that answers an error with one line and exit code 1."""

from __future__ import annotations

import gc
import logging
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk import exceptions as sdk
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib.exceptions import InvalidInputLine

from singer_rest.errors import PluginError, SettingError
from singer_rest.settings import complete_settings
from singer_rest.sub_commands import only_without_sub_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.plugin_base import _ConfigInput

__all__ = ["PlainCommand", "PlainErrors", "PlainGroup", "PlainStreamErrors"]

EXAMPLE = "{} --config config.json"
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
        """Run the command; on a known error log one line and exit with 1.

        Where the command line itself makes no sense, the exit code is 2.
        """
        keep_what_is_imported()
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.ClickException as error:
            click.echo(f"{self.name}: {plain_words(error)}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("Aborted!", err=True)
            sys.exit(1)
        except (*TOLD_IN_ONE_LINE, ValueError) as error:
            if not isinstance(error, TOLD_IN_ONE_LINE) and not is_json_error(error):
                raise
            detail = self.logger.isEnabledFor(logging.DEBUG)
            self.logger.error("%s", one_line(error), exc_info=error if detail else None)
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


class PlainGroup(PlainCommand, click.Group):
    """The SDK's command with sub-commands; without one of them it runs as ever."""


class PlainErrors:
    """Mixin for Tap and Target: plain errors on the command line, and of the settings.

    Put it before the SDK's class: `class TapX(PlainErrors, Tap)`.
    """

    name: str
    config_jsonschema: ClassVar[dict[str, Any]]
    sub_commands: ClassVar[Sequence[click.Command]] = ()
    """Commands beside the run; see `with_settings`."""
    _config: dict[str, Any]
    _env_var_config: ClassVar[dict[str, Any]]

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command with the same parameters, as a PlainCommand."""
        command = super().get_singer_command()  # type: ignore[misc]
        kept: dict[str, Any] = {
            "name": command.name,
            "params": command.params,
            "help": f"{command.help}\n\nExample: {EXAMPLE.format(command.name)}",
            "context_settings": {**command.context_settings, "obj": cls},
            "logger": command.logger,
        }
        if not cls.sub_commands:
            return PlainCommand(callback=command.callback, **kept)
        return PlainGroup(
            callback=only_without_sub_command(command.callback),
            commands=cls.sub_commands,
            invoke_without_command=True,
            subcommand_metavar="[COMMAND [ARGS]...]",
            **kept,
        )

    @classmethod
    def settings_of(cls, *inputs: _ConfigInput) -> Mapping[str, Any]:
        """The settings for a sub-command: of all files and, if asked for, the environment.

        Args:
            inputs: what each `--config` led to; later ones win. Where none holds anything, the
                environment counts.

        Raises:
            SettingError: as for the plugin's run, but settings need not suffice for a sign-in.
        """
        config = {name: value for each in inputs for name, value in each.config.items()}
        if not config or any(each.parse_env for each in inputs):
            config.update(cls._env_var_config)
        cls._complete(config)
        return config

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings against their schema; empty texts count as not set.

        Raises:
            SettingError: naming every wrong setting on one line, and no value of a secret one.
        """
        return self._complete(self._config, raise_errors=raise_errors)

    @classmethod
    def _complete(cls, config: dict[str, Any], *, raise_errors: bool = True) -> list[str]:
        schema = cls.config_jsonschema
        cls.append_builtin_config(schema)  # type: ignore[attr-defined]
        errors = complete_settings(config, cls.name, schema)
        if errors and raise_errors:
            raise SettingError("; ".join(errors))
        return errors


class PlainStreamErrors:
    """Mixin for Stream: an error that the command tells in one line is not announced before.

    Put it before the SDK's class: `class ThingsStream(PlainStreamErrors, Stream)`.
    """

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log a message, unless it says that a plugin error goes by."""
        if not isinstance(sys.exc_info()[1], PluginError):
            super().log(message, *args, level=level, **kwargs)  # type: ignore[misc]


def plain_words(error: click.ClickException) -> str:
    """An error of a command line on one line, with where to look if it makes no sense."""
    words = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx:
        return f"{words} (see: {error.ctx.command_path} --help)"
    return words


def keep_what_is_imported() -> None:
    """Never search for garbage in what was imported, neither in a run nor at its end."""
    if not gc.get_freeze_count():
        gc.freeze()


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
