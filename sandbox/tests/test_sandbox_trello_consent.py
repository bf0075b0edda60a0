"""The page on which a person is shown a token for Trello."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from conftest import TrelloSandbox
    from sandbox.testing import RunningSandbox

ASKED = {
    "expiration": "never",
    "name": "Sync",
    "scope": "read,write,account",
    "response_type": "token",
    "key": "sandbox-key",
}


def visit(box: RunningSandbox, path: str = "", **changes: str) -> requests.Response:
    address = f"{box.trello_url}/authorize{path}"
    return requests.get(address, params={**ASKED, **changes}, timeout=10)


def token_of(box: RunningSandbox, **changes: str) -> str:
    """The token that a person is shown who allows it."""
    page = visit(box, **changes)
    (link,) = re.findall(r'href="([^"]+)">Allow<', page.text)
    shown = requests.get(requests.compat.urljoin(page.url, unescape(link)), timeout=10)
    (token,) = re.findall(r"<pre>([^<]+)</pre>", shown.text)
    return str(token)


def test_a_token_that_a_person_was_shown_works(
    box: RunningSandbox, trello_as: TrelloSandbox
) -> None:
    client = trello_as(token_of(box))
    assert client.get("/members/me").json()["username"] == "crmsync"
    assert client.post("/organizations", json={"displayName": "New"}).ok


def test_it_may_do_what_was_allowed_only(box: RunningSandbox, trello_as: TrelloSandbox) -> None:
    client = trello_as(token_of(box, scope="read"))
    assert client.get("/members/me").ok
    assert client.post("/organizations", json={"displayName": "New"}).status_code == 401


def test_it_expires_when_that_was_asked_for(box: RunningSandbox, trello_as: TrelloSandbox) -> None:
    forever, hour = token_of(box), token_of(box, expiration="1hour")
    client = trello_as(forever)
    assert client.get(f"/tokens/{forever}").json()["dateExpires"] is None
    assert client.get(f"/tokens/{hour}").json()["dateExpires"]


def test_what_was_asked_stands_on_the_page_as_text_only(box: RunningSandbox) -> None:
    page = visit(box, name="<script>")
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("path", ["", "/allow"])
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"key": "wrong"}, 401),
        ({"response_type": "code"}, 400),
        ({"scope": "read,everything"}, 400),
        ({"expiration": "tomorrow"}, 400),
    ],
)
def test_a_wrong_request_is_refused(
    box: RunningSandbox, wrong: dict[str, str], status: int, path: str
) -> None:
    assert visit(box, path, **wrong).status_code == status
