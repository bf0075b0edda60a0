"""`tap-crmoffice login`: the first sign-in, in the browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
from singer_rest import StopRun, secret_line, show_address, with_settings

from tap_crmoffice.authorization import Answer, Authorization
from tap_crmoffice.contract import REDIRECT_PORT, REDIRECT_URI
from tap_crmoffice.loopback import Loopback
from tap_crmoffice.settings import sign_in_to_begin
from tap_crmoffice.signin import TokenEndpoint
from tap_crmoffice.token_file import TokenFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    AddressOf = Callable[[Authorization], str]

__all__ = ["login"]


@click.command(short_help="Sign in to CRMOffice, once, in the browser.")
@with_settings
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=REDIRECT_PORT,
    show_default=True,
    help=f"Port of the client's redirect address, {REDIRECT_URI.format(port='PORT')}; 0: any.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300,
    show_default=True,
    help="Seconds to wait for the browser.",
)
@click.option("--browser/--no-browser", default=True, help="Whether to open the browser.")
@click.option(
    "--paste",
    is_flag=True,
    help="Ask for the address that the browser ends on, for a browser on another machine.",
)
def login(
    config: Mapping[str, Any], port: int, timeout: float, *, browser: bool, paste: bool
) -> None:
    """Sign in to CRMOffice in the browser. The tokens are kept in the setting token_file.

    Needed are the settings tenant (or auth_url), client_id and client_secret.

    \b
    Example:
      tap-crmoffice login --config config.json
    """  # noqa: D301 - the mark of click
    sign_in = sign_in_to_begin(config)
    endpoint, file = TokenEndpoint(sign_in), TokenFile(sign_in)
    with file.locked():  # what can't be kept needs no sign-in
        pass

    def address_of(authorization: Authorization) -> str:
        return authorization.address(endpoint.base_url, sign_in.client_id)

    if paste:
        authorization, answer = pasted(address_of, port)
    else:
        authorization, answer = brought(address_of, port, timeout, browser=browser)
    if answer.error:
        raise StopRun(f"CRMOffice refuses the sign-in: {answer.error}")
    granted = endpoint.trade(answer.code, authorization)
    with file.locked():
        file.keep(file.empty.followed_by(granted, time.time()))
    click.echo(f"Signed in to CRMOffice. The tokens are in {file.path}, for you alone to read.")


def brought(
    address_of: AddressOf, port: int, timeout: float, *, browser: bool
) -> tuple[Authorization, Answer]:
    """What the browser brings to a port of this machine within so many seconds."""
    with Loopback(port) as loopback:
        authorization = Authorization(loopback.redirect_uri)
        with loopback.expecting(authorization.answer_in):
            click.echo(
                "Sign in to CRMOffice in a browser on this machine; for one on another machine, "
                "stop this and use --paste."
            )
            show_address(address_of(authorization), browser=browser)
            answer = loopback.wait(timeout)
    if answer is None:
        raise StopRun(
            f"no sign-in arrived within {timeout:g} seconds: if the browser showed an error, check "
            f"client_id, and that the client is registered with {authorization.redirect_uri}"
        )
    return authorization, answer


def pasted(address_of: AddressOf, port: int) -> tuple[Authorization, Answer]:
    """What a person copies from the address that their browser ends on."""
    if not port:
        raise click.UsageError("--paste needs the port that the client is registered with")
    authorization = Authorization(REDIRECT_URI.format(port=port))
    click.echo("Sign in to CRMOffice in any browser:")
    show_address(address_of(authorization), browser=False)
    click.echo(
        "It ends on a page that can't be reached, which is fine. Copy the address of that page at "
        "once: it holds for a short time only."
    )
    copied = secret_line("The address (it is not shown)")
    answer = authorization.answer_in(copied.partition("?")[2].partition("#")[0])
    if answer is None:
        raise StopRun(
            "the pasted address is not the one that this sign-in ends on: start again, and copy "
            f"all of it, from {authorization.redirect_uri} on"
        )
    return authorization, answer
