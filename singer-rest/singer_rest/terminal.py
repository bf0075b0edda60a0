"""What a sub-command shows to the person at the terminal, and asks of them."""

from __future__ import annotations

import sys
import webbrowser

import click

__all__ = ["secret_line", "show_address"]


def show_address(address: str, *, browser: bool) -> None:
    """Print an address on a line of its own, and try to open it in the browser.

    Args:
        address: the address; anybody at the terminal may see it.
        browser: whether to open it; where there is no browser, a line says so.
    """
    click.echo(f"\n{address}\n")
    if browser and not webbrowser.open(address):
        click.echo("No browser could be opened here.")


def secret_line(question: str) -> str:
    """A text that is not shown while it is typed; from a pipe, its next line."""
    if sys.stdin.isatty():
        return str(click.prompt(question, hide_input=True)).strip()
    return sys.stdin.readline().strip()
