"""`tap-trello login`: a token, made in the browser and pasted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import click
from singer_rest import StopRun, secret_line, show_address, with_settings
from singer_rest.address import LOOPBACK_HOSTS

from tap_trello.client import TrelloClient
from tap_trello.settings import token_file_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["login"]

AUTHORIZE_URL = "https://trello.com/1/authorize"
APPLICATION = "Singer plugins for Trello"
SCOPES = ("read", "write", "account")
EXPIRATIONS = ("1hour", "1day", "30days", "never")


def checked_scope(context: click.Context, option: click.Parameter, scope: str) -> str:
    """Some of the scopes, separated by commas."""
    del context, option
    names = scope.split(",")
    if not {"read"} <= set(names) <= set(SCOPES):
        raise click.BadParameter(f"it is read, with write and account if wanted, not '{scope}'")
    return scope


@click.command(short_help="Make a token for Trello, once, in the browser.")
@with_settings
@click.option(
    "--scope",
    default=",".join(SCOPES),
    show_default=True,
    callback=checked_scope,
    help="What the token may do: read is enough for the tap; account shows the own e-mail.",
)
@click.option(
    "--expiration",
    type=click.Choice(EXPIRATIONS),
    default="never",
    show_default=True,
    help="When the token expires.",
)
@click.option("--browser/--no-browser", default=True, help="Whether to open the browser.")
def login(config: Mapping[str, Any], scope: str, expiration: str, *, browser: bool) -> None:
    """Make a token for Trello in the browser and paste it here. It is kept in token_file.

    Needed is the setting api_key. Sign in as the member that the plugins are to act as.

    \b
    Example:
      tap-trello login --config config.json
    """  # noqa: D301 - the mark of click
    file = token_file_of(config)
    file.demand_room()
    click.echo("Sign in to Trello in a browser, allow what is asked, and copy the token:")
    show_address(address_of(config, scope, expiration), browser=browser)
    token = secret_line("The token (it is not shown)")
    if not token:
        raise StopRun("no token was pasted: start again")
    client = TrelloClient(
        config["api_key"], token, base_url=config["api_url"], advice="copy the whole token again"
    )
    member = client.get("/members/me", {"fields": "fullName,username"})
    file.keep(config["api_key"], token)
    click.echo(f"The plugins act as {member['fullName']} (@{member['username']}).")
    click.echo(f"The token is in {file.path}, for you alone to read.")
    if config.get("token"):
        click.echo("But the setting 'token' is set, which wins: take it away to use this one.")


def address_of(config: Mapping[str, Any], scope: str, expiration: str) -> str:
    """Where a person allows access and is shown a token.

    What stands in for Trello's API on this machine has a page of its own for that.
    """
    api_url = config["api_url"].rstrip("/")
    local = urlsplit(api_url).hostname in LOOPBACK_HOSTS
    query = {
        "expiration": expiration,
        "name": APPLICATION,
        "scope": scope,
        "response_type": "token",
        "key": config["api_key"],
    }
    return f"{f'{api_url}/authorize' if local else AUTHORIZE_URL}?{urlencode(query, safe=',')}"
