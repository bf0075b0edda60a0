"""The command group, and what its commands share."""

from __future__ import annotations

import getpass
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from singer_rest import PluginError
from singer_rest.command import plain_words

from linked_target.store import database
from linked_target.store.run_lock import RunLock

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa
    from sqlalchemy.engine import Engine

__all__ = ["YES", "PlainGroup", "changing", "confirm", "opened", "user"]

YES = click.option("--yes", is_flag=True, help="Don't ask.")


class PlainGroup(click.Group):
    """A command group that tells every error in one line.

    The exit code is 2 where the command line makes no sense, 1 for all else.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except PluginError as error:
            _fail(str(error), 1)
        except click.ClickException as error:
            _fail(plain_words(error), error.exit_code)
        except click.Abort:
            _fail("interrupted", 1)
        sys.exit(code if isinstance(code, int) else 0)


def opened(url: str) -> Engine:
    """The link store at an SQLAlchemy URL.

    Raises:
        PluginError: when there is none, or it can't be opened.
    """
    return database.open_store(url, must_exist=True)


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless that was answered already.

    Raises:
        PluginError: when the answer is no, or nobody is there to give it.
    """
    if yes:
        return
    try:
        if click.confirm(question, err=True):
            return
    except click.Abort:
        click.echo(err=True)
    raise PluginError("not confirmed, so nothing was changed (--yes confirms)")


@contextmanager
def changing(
    engine: Engine, command: str, systems: tuple[str, str] | None = None
) -> Iterator[sa.Connection]:
    """A transaction for a change by hand, while no run is at work.

    Args:
        engine: of an open link store.
        command: the command, for those who wait meanwhile.
        systems: those that it is about; all if None.

    Raises:
        PluginError: when somebody is at work.
    """
    program = f"links {command}"
    lock = RunLock(engine, systems=systems, direction=program, program=program)
    with lock, engine.begin() as connection:
        yield connection
        lock.check(connection)


def user() -> str:
    """Who uses the command line, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return f"user {os.getuid()}"


def _fail(message: str, code: int) -> None:
    click.echo(f"links: {' '.join(message.split())}", err=True)
    sys.exit(code)
