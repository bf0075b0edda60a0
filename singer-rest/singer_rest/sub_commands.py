"""Commands of a plugin beside its run, e.g. `tap-x login --config config.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["only_without_sub_command", "with_settings"]

Function = TypeVar("Function", bound="Callable[..., Any]")


def with_settings(function: Function) -> Function:
    """Decorator of a sub-command's function: its argument `config` is the plugin's settings.

    They are checked against the plugin's schema, and come from `--config` as they do for its run,
    given before or after the sub-command's name; where it is not given, from the environment.
    """
    option = click.option(
        "--config",
        multiple=True,
        callback=_settings,
        help="Configuration file location, or 'ENV' (the default) to use environment variables.",
    )
    return option(function)


def only_without_sub_command(run: Callable[..., Any]) -> Callable[..., Any]:
    """The callback of a group that does something by itself."""

    @click.pass_context
    def callback(context: click.Context, /, **parameters: Any) -> Any:
        return None if context.invoked_subcommand else run(**parameters)

    return callback


def _settings(
    context: click.Context, option: click.Parameter, files: tuple[str, ...]
) -> Mapping[str, Any]:
    plugin = context.obj
    before = context.find_root().params["config"]
    after = plugin.cb_config(context, option, files)
    settings: Mapping[str, Any] = plugin.settings_of(before, after)
    return settings
