"""The command ``sandbox``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sandbox import daemon
from sandbox.page.setup import PageSetup
from sandbox.server import HOST, STATE_FILE, bound_socket, make_server
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

_DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=".sandbox",
    envvar="SANDBOX_DATA",
    show_default=True,
    help="The folder of the state.",
)
_PORT = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8765,
    envvar="SANDBOX_PORT",
    show_default=True,
    help="Where it answers on 127.0.0.1.",
)
_SYNC = click.option(
    "--sync",
    default="",
    envvar="SANDBOX_SYNC",
    metavar="COMMAND",
    help="What the page's button runs, in the current folder; without it there is no button.",
)
_LINKS = click.option(
    "--links",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="SANDBOX_LINKS",
    help="The SQLite file with the sync's links, by which the page knows what belongs together.",
)


class PlainGroup(click.Group):
    """A command group that tells each error on one line.

    The exit code is 2 where the command line makes no sense, 1 for all else.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.ClickException as error:
            words = " ".join(error.format_message().split())
            if isinstance(error, click.UsageError) and error.ctx:
                words += f" (see: {error.ctx.command_path} --help)"
            click.echo(f"sandbox: {words}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


def _page_options(command: Callable[..., None]) -> Callable[..., None]:
    return _SYNC(_LINKS(command))


def _page_setup(sync: str, links: Path | None) -> PageSetup:
    """Return what the options say.

    Raises:
        click.ClickException: the command has a quotation mark without its end.
    """
    try:
        words = shlex.split(sync)
    except ValueError as error:
        raise click.ClickException(f"--sync is no command: {error}") from error
    return PageSetup(tuple(words), None if links is None else links.absolute())


@click.group(cls=PlainGroup)
@click.version_option(package_name="crmoffice-trello-sandbox", prog_name="sandbox")
def main() -> None:
    """Serve the CRMOffice and the Trello API on 127.0.0.1, to try a sync against.

    Example: sandbox start
    """


@main.command()
@_DATA
@_PORT
@_page_options
def start(data: Path, port: int, sync: str, links: Path | None) -> None:
    """Start in the background and wait until it answers.

    Example: sandbox start --data .sandbox --links links.db --sync 'meltano run sync'
    """
    setup = _page_setup(sync, links)
    try:
        running, fresh = daemon.start(data.absolute(), port, setup)
    except daemon.DaemonError as error:
        raise click.ClickException(str(error)) from error
    state = "started" if fresh else "already running"
    click.echo(f"sandbox {state}: {running.url}")


@main.command()
@_DATA
def stop(data: Path) -> None:
    """Stop the sandbox of the folder.

    Example: sandbox stop --data .sandbox
    """
    try:
        running = daemon.stop(data.absolute())
    except daemon.DaemonError as error:
        raise click.ClickException(str(error)) from error
    click.echo("sandbox is not running" if running is None else "sandbox stopped")


@main.command()
@_DATA
def status(data: Path) -> None:
    """Say where it answers and what is in it; exit 1 when it does not run.

    Example: sandbox status
    """
    running = daemon.find(data.absolute())
    if running is None:
        click.echo("sandbox is not running")
        raise SystemExit(1)
    records = daemon.call(running, "GET", "/status")["records"]
    held = ", ".join(f"{number} {kind}" for kind, number in sorted(records.items()))
    click.echo(f"sandbox is running (process {running.pid}): {held}")
    click.echo(f"See both systems side by side, edit and sync: {running.url}")


@main.command()
@_DATA
@click.option("--empty", is_flag=True, help="Only users, members and their tokens.")
def reset(data: Path, *, empty: bool) -> None:
    """Go back to the seed, running or stopped.

    Example: sandbox reset --empty
    """
    seed = "empty" if empty else "full"
    running = daemon.find(data.absolute())
    if running is not None:
        daemon.call(running, "POST", "/reset", {"seed": seed})
    else:
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.ClickException(f"{data} can't be made: {error.strerror}") from error
        (data / STATE_FILE).unlink(missing_ok=True)
        World.open(data / STATE_FILE, "empty" if empty else "full").store.close()
    click.echo(f"sandbox reset to the {seed} seed")


@main.command()
@_DATA
@_PORT
@_page_options
def serve(data: Path, port: int, sync: str, links: Path | None) -> None:
    """Serve in the foreground until interrupted.

    Example: sandbox serve --port 8766
    """
    setup = _page_setup(sync, links)
    try:
        listening = bound_socket(port)
    except OSError as error:
        raise click.ClickException(f"port {port} of {HOST} is taken: {error.strerror}") from error
    make_server(data, setup=setup).run(sockets=[listening])
