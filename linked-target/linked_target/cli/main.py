"""The `links` command line: what the sync did, what needs a person, and mending it."""

from __future__ import annotations

import click

from linked_target.cli import looking, mending, moving, report
from linked_target.cli.group import PlainGroup
from linked_target.cli.planning import plan

__all__ = ["links"]


@click.group(cls=PlainGroup)
@click.option(
    "--links-url",
    envvar="LINKS_URL",
    default="sqlite:///links.db",
    show_default=True,
    help="SQLAlchemy URL of the link store (environment: LINKS_URL).",
)
@click.version_option(package_name="linked-target")
@click.pass_context
def links(context: click.Context, links_url: str) -> None:
    """Look into a link store, and take it in hand.

    Example: links --links-url sqlite:///links.db status
    """
    context.obj = links_url


for command in (*looking.COMMANDS, *mending.COMMANDS, *moving.COMMANDS, plan, report.report):
    links.add_command(command)
