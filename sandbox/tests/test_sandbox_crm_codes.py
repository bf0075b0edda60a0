"""The first sign-in, as a person and a client see it."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from sandbox.testing import RunningSandbox

VERIFIER = "v" * 43
TARGET = "http://127.0.0.1:5000/callback"
ASKED = {
    "response_type": "code",
    "client_id": "sandbox-client",
    "redirect_uri": TARGET,
    "scope": "crmoffice offline_access",
    "state": "abc",
    "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .decode()
    .rstrip("="),
    "code_challenge_method": "S256",
}


def visit(address: str, **query: str) -> requests.Response:
    return requests.get(address, params=query, allow_redirects=False, timeout=10)


def ask(box: RunningSandbox, **changes: str) -> requests.Response:
    """What a browser gets for the address of the sign-in."""
    return visit(f"{box.auth_url}/connect/authorize", **{**ASKED, **changes})


def choose(page: requests.Response, words: str) -> dict[str, list[str]]:
    """Follow a link of the page; the query that the browser is sent back with."""
    (link,) = re.findall(rf'href="([^"]+)">{words}<', page.text)
    sent = visit(requests.compat.urljoin(page.url, unescape(link)))
    assert sent.status_code == 302
    assert sent.headers["location"].startswith(f"{TARGET}?")
    return parse_qs(urlsplit(sent.headers["location"]).query)


def code_of(box: RunningSandbox, **changes: str) -> str:
    return choose(ask(box, **changes), "Allow")["code"][0]


def trade(box: RunningSandbox, code: str, **changes: str | None) -> requests.Response:
    form: dict[str, Any] = {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": TARGET,
        "code_verifier": VERIFIER,
        **changes,
    }
    return requests.post(f"{box.auth_url}/connect/token", data=form, timeout=10)


def test_a_person_who_allows_it_is_sent_back_with_a_code_and_the_state(box: RunningSandbox) -> None:
    found = choose(ask(box), "Allow")
    assert found["state"] == ["abc"]
    assert trade(box, found["code"][0]).json()["refresh_token"]


def test_a_person_who_denies_it_is_sent_back_without_a_code(box: RunningSandbox) -> None:
    assert choose(ask(box), "Deny") == {"error": ["access_denied"], "state": ["abc"]}


@pytest.mark.parametrize(
    ("decision", "words"), [("allow", "code="), ("deny", "error=access_denied")]
)
def test_a_switch_answers_for_the_person(box: RunningSandbox, decision: str, words: str) -> None:
    box.switch(sign_in=decision)
    assert words in ask(box).headers["location"]


def test_what_was_asked_stands_on_the_page_as_text_only(box: RunningSandbox) -> None:
    page = ask(box, state='"><b>')
    assert "<b>" not in page.text
    assert choose(page, "Allow")["state"] == ['"><b>']


def test_a_code_is_good_for_one_trade(box: RunningSandbox) -> None:
    code = code_of(box)
    assert trade(box, code).ok
    assert trade(box, code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"redirect_uri": "http://127.0.0.1:5001/callback"},
    ],
)
def test_a_code_needs_its_verifier_and_its_address(
    box: RunningSandbox, wrong: dict[str, str | None]
) -> None:
    code = code_of(box)
    assert trade(box, code, **wrong).json() == {"error": "invalid_grant"}
    assert trade(box, code).json() == {"error": "invalid_grant"}, "it is used up"


def test_a_made_up_code_is_refused(box: RunningSandbox) -> None:
    assert trade(box, "made-up").json() == {"error": "invalid_grant"}


def test_a_code_lives_a_short_time_only(box: RunningSandbox) -> None:
    box.switch(code_lifetime=0)
    assert trade(box, code_of(box)).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("wrong", [{"client_secret": "wrong"}, {"client_secret": None}])
def test_a_code_is_traded_for_the_client_with_its_secret_only(
    box: RunningSandbox, wrong: dict[str, str | None]
) -> None:
    assert trade(box, code_of(box), **wrong).json() == {"error": "invalid_client"}


def test_without_the_scope_offline_access_there_is_no_refresh_token(box: RunningSandbox) -> None:
    answer = trade(box, code_of(box, scope="crmoffice")).json()
    assert "access_token" in answer
    assert "refresh_token" not in answer


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"redirect_uri": "http://elsewhere.example/"}, "invalid_request"),
        ({"redirect_uri": "file://127.0.0.1/x"}, "invalid_request"),
        ({"response_type": "token"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"client_id": "wrong"}, "unauthorized_client"),
        ({"scope": "crmoffice everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_wrong_request_is_refused_and_sends_nobody_anywhere(
    box: RunningSandbox, wrong: dict[str, str], error: str
) -> None:
    for path in ("", "/allow", "/deny"):
        answer = visit(f"{box.auth_url}/connect/authorize{path}", **{**ASKED, **wrong})
        assert (answer.status_code, answer.json()) == (400, {"error": error})
