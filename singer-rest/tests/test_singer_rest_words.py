"""Errors in the API's own words, whatever the body is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import RecordRefused, RestClient

if TYPE_CHECKING:
    from conftest import ScriptedApi

PROXY = """<!DOCTYPE html><html><head><title>502 Bad Gateway</title>
<style>body { color: red }</style></head>
<body><h1>Blocked &amp; logged</h1><script>alert(1)</script><p>Ask your admin</p></body></html>"""

PROBLEM = {
    "type": "about:blank",
    "title": "Unprocessable",
    "status": 422,
    "detail": "Two properties are invalid.",
    "errors": {"orgNr": ["check digit", "nine digits"], "name": "Is required."},
}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("invalid value for name\n", "invalid value for name"),
        ('"invalid id"', "invalid id"),
        ({"message": "missing scopes"}, "missing scopes"),
        (
            {"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"},
            "Rate limit exceeded (API_TOKEN_LIMIT_EXCEEDED)",
        ),
        ({"error": "invalid_grant"}, "invalid_grant"),
        (
            PROBLEM,
            "Two properties are invalid.: orgNr: check digit, nine digits; name: Is required.",
        ),
        (
            {"title": "Invalid", "errors": [{"message": "one"}, "two"]},
            "Invalid: one; two",
        ),
        ({"errors": {"name": ["Is required."]}}, "name: Is required."),
        ({"detail": [{"loc": ["name"], "msg": "required"}]}, "[{'loc': ['name'], 'msg': 'requ"),
        ({"code": 7}, "{'code': 7}"),
        (["one", 2], "['one', 2]"),
        (PROXY, "502 Bad Gateway: Blocked & logged Ask your admin"),
        ("<html><title>Only a title", "Only a title"),
        ("<!-- error --><body>no title", "no title"),
        ("", "Forbidden"),
        ("   \n", "Forbidden"),
        ("null", "Forbidden"),
        (b"caf\xe9 closed", "caf\ufffd closed"),
        ("\ufeffmarked".encode(), "marked"),
        ('{"message": "cut in the mid', '{"message": "cut in the mid'),
        ("[" * 5000, "[[[["),
        ("one\x00two\x1b[31m\u202ethree\u2028four\tfive", "one two [31m three four five"),
    ],
)
def test_a_refusal_is_one_readable_line(api: ScriptedApi, body: Any, words: str) -> None:
    api.answers_with(403, body)

    with pytest.raises(RecordRefused) as refused:
        RestClient(api.url, name="Office").get("/things")

    message = str(refused.value)
    assert message.startswith(f"Office answers 403 to GET /things: {words}")
    assert message.isprintable()
    assert len(message) < 600


def test_a_very_large_page_is_cut_before_it_is_looked_through(api: ScriptedApi) -> None:
    api.answers_with(403, "<html><body>" + "<p" * 500_000)

    with pytest.raises(RecordRefused, match="403"):
        RestClient(api.url, name="Office").get("/things")


def test_a_long_path_is_cut_too(api: ScriptedApi) -> None:
    api.answers_with(403, "no")

    with pytest.raises(RecordRefused, match=r": no$") as refused:
        RestClient(api.url, name="Office").get("/things?" + "x" * 5000)
    assert len(str(refused.value)) < 300
