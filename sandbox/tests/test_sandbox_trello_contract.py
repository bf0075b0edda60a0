from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from sandbox.trello.app import ROUTER

_ROOT = Path(__file__).resolve().parents[2]
_FILE = Path(os.environ.get("TRELLO_OPENAPI") or _ROOT.parent / "shared/trello/openapi.json")

# What the API takes though the vendor's file forgets it.
_FEED = {
    *("filter", "limit", "page", "since", "before", "fields"),
    *("member", "member_fields", "memberCreator", "memberCreator_fields"),
    *("display", "entities", "reactions"),
}
_PAGED = {"fields", "limit", "before", "since"}
# The file lists these for a single card only; whether lists take them is a switch.
_NESTED = {
    *("attachments", "attachment_fields", "customFieldItems"),
    *("checklists", "checklist_fields"),
}
_LISTED = {"filter", *_PAGED, *_NESTED}
KNOWN_DIFFERENCES: dict[tuple[str, str], set[str]] = {
    # Every feed takes what the file lists for boards only; the vendor's guides show it.
    ("GET", "/boards/{}/actions"): _FEED,
    ("GET", "/cards/{}/actions"): _FEED,
    ("GET", "/lists/{}/actions"): _FEED,
    ("GET", "/organizations/{}/actions"): _FEED,
    ("GET", "/members/{}/actions"): _FEED,
    # Recorded traffic turns pages of cards and chooses fields of nested lists.
    ("GET", "/boards/{}/cards"): _LISTED,
    ("GET", "/boards/{}/cards/{}"): _PAGED | _NESTED,
    ("GET", "/boards/{}/lists/{}"): {"fields"},
    ("GET", "/lists/{}/cards"): _LISTED,
    # It is the same answer as a card's checklists, whose parameters the file has.
    ("GET", "/boards/{}/checklists"): {"fields", "checkItems", "checkItem_fields"},
    ("GET", "/actions/{}"): {"reactions"},
    ("GET", "/cards/{}/members"): {"fields"},
    ("GET", "/boards/{}/members"): {"fields"},
    ("GET", "/organizations/{}/members"): {"fields"},
    ("GET", "/organizations/{}"): {"fields"},
    ("GET", "/organizations/{}/memberships"): {"member_fields"},
}

pytestmark = pytest.mark.skipif(
    not _FILE.exists(),
    reason="run where the vendor's OpenAPI file is at hand",
)


def shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path.rstrip("/"))


def in_body(body: dict[str, Any]) -> set[str]:
    """The properties of a JSON body, of any of its alternatives."""
    names: set[str] = set()
    for content in body.get("content", {}).values():
        schema = content["schema"]
        for each in (schema, *schema.get("oneOf", [])):
            names |= set(each.get("properties", {}))
    return names


@pytest.fixture(scope="module")
def vendor() -> dict[tuple[str, str], set[str]]:
    """The parameters of each operation in the vendor's file."""
    document: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    operations: dict[tuple[str, str], set[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                names = {each["name"] for each in operation.get("parameters", [])}
                names |= in_body(operation.get("requestBody", {}))
                operations.setdefault((method.upper(), shape(path)), set()).update(names)
    return operations


@pytest.mark.parametrize(
    "endpoint", ROUTER.endpoints, ids=lambda each: f"{each.method} {each.path}"
)
def test_every_path_method_and_parameter_is_the_vendors(
    endpoint: Any,
    vendor: dict[tuple[str, str], set[str]],
) -> None:
    key = (endpoint.method, shape(endpoint.path))
    assert key in vendor
    assert endpoint.params - vendor[key] - KNOWN_DIFFERENCES.get(key, set()) == set()


def test_no_known_difference_is_left_over() -> None:
    assert set(KNOWN_DIFFERENCES) <= {(each.method, shape(each.path)) for each in ROUTER.endpoints}
