"""The command ``sandbox``."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox import daemon
from sandbox.server import HOST, STATE_FILE, bound_socket, make_server
from sandbox.world import World

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


@click.group()
@click.version_option(package_name="crmoffice-trello-sandbox", prog_name="sandbox")
def main() -> None:
    """Serve the CRMOffice and the Trello API on 127.0.0.1, to try a sync against."""


@main.command()
@_DATA
@_PORT
def start(data: Path, port: int) -> None:
    """Start in the background and wait until it answers."""
    try:
        running, fresh = daemon.start(data.absolute(), port)
    except daemon.DaemonError as error:
        raise click.ClickException(str(error)) from error
    state = "started" if fresh else "already running"
    click.echo(f"sandbox {state}: {running.url}")


@main.command()
@_DATA
def stop(data: Path) -> None:
    """Stop the sandbox of the folder."""
    try:
        running = daemon.stop(data.absolute())
    except daemon.DaemonError as error:
        raise click.ClickException(str(error)) from error
    click.echo("sandbox is not running" if running is None else "sandbox stopped")


@main.command()
@_DATA
def status(data: Path) -> None:
    """Say where it answers and what is in it; exit 1 when it does not run."""
    running = daemon.find(data.absolute())
    if running is None:
        click.echo("sandbox is not running")
        raise SystemExit(1)
    records = daemon.call(running, "GET", "/status")["records"]
    held = ", ".join(f"{number} {kind}" for kind, number in sorted(records.items()))
    click.echo(f"sandbox is running (process {running.pid}): {held}")
    click.echo(f"Look at CRMOffice: {running.url}/look/crmoffice")
    click.echo(f"Look at Trello:    {running.url}/look/trello")


@main.command()
@_DATA
@click.option("--empty", is_flag=True, help="Only users, members and their tokens.")
def reset(data: Path, *, empty: bool) -> None:
    """Go back to the seed, running or stopped."""
    seed = "empty" if empty else "full"
    running = daemon.find(data.absolute())
    if running is not None:
        daemon.call(running, "POST", "/reset", {"seed": seed})
    else:
        data.mkdir(parents=True, exist_ok=True)
        (data / STATE_FILE).unlink(missing_ok=True)
        World.open(data / STATE_FILE, "empty" if empty else "full").store.close()
    click.echo(f"sandbox reset to the {seed} seed")


@main.command()
@_DATA
@_PORT
def serve(data: Path, port: int) -> None:
    """Serve in the foreground until interrupted."""
    try:
        listening = bound_socket(port)
    except OSError as error:
        raise click.ClickException(f"port {port} of {HOST} is taken: {error.strerror}") from error
    make_server(data).run(sockets=[listening])
