from __future__ import annotations

import json
from urllib.request import Request, urlopen

import pytest
from sandbox.testing import RunningSandbox


def page(box: RunningSandbox, path: str) -> str:
    with urlopen(box.url + path, timeout=10) as answer:  # noqa: S310 - its own address
        text: str = answer.read().decode()
    return text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/look/crmoffice", ["activities", "contacts", "companies", "Fjordlyskompaniet AS"]),
        ("/look/trello", ["comments", "members", "workspaces", "@crmsync"]),
    ],
)
def test_a_person_can_look_at_either_system(path: str, shown: list[str]) -> None:
    with RunningSandbox() as box:
        text = page(box, path)
        assert all(words in text for words in shown)
        assert "/look/crmoffice" in page(box, "/")


def test_texts_are_shown_and_not_run() -> None:
    with RunningSandbox(seed=False) as box:
        body = {"subject": "<script>alert(1)</script>"}
        request = Request(  # noqa: S310 - its own address
            box.crm_url + "/activities",
            json.dumps(body).encode(),
            {**box.bearer(), "Content-Type": "application/json"},
        )
        urlopen(request, timeout=10).close()  # noqa: S310 - its own address
        assert "<script>alert" not in page(box, "/look/crmoffice")
        assert "&lt;script&gt;alert(1)" in page(box, "/look/crmoffice")
