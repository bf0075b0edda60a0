from __future__ import annotations

import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
import requests
from sandbox.page.setup import PageSetup
from sandbox.page.visitors import refusal_of
from sandbox.testing import RunningSandbox

if TYPE_CHECKING:
    from pathlib import Path

PORT = 8765
OWN = {"host": f"127.0.0.1:{PORT}"}


@pytest.mark.parametrize("path", ["/page/sync", "/sandbox/reset", "/sandbox/crm/token"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_another_sites_page_can_post_nothing(path: str, origin: str, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = (sys.executable, "-c", f"open({str(ran)!r}, 'w')")
    with RunningSandbox(seed=False, page=PageSetup(sync=command)) as box:
        answer = requests.post(box.url + path, headers={"Origin": origin}, timeout=10)
        assert answer.status_code == 403
        assert answer.text == "Another site's page may not ask for this."
        assert requests.get(f"{box.url}/page/sync", timeout=10).json() == {"sync": None}
    assert not ran.exists()


@pytest.mark.parametrize("path", ["/", "/page/start", "/page/rows", "/sandbox/log"])
def test_a_name_that_somebody_points_at_this_machine_shows_nothing(
    box: RunningSandbox, path: str
) -> None:
    connection = HTTPConnection("127.0.0.1", box.port, timeout=10)
    connection.request("GET", path, headers={"Host": f"evil.example:{box.port}"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (403, b"The sandbox answers at 127.0.0.1 only.")
    connection.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_page_itself_may_ask_for_everything(name: str) -> None:
    own = {"host": f"{name}:{PORT}", "origin": f"http://{name}:{PORT}"}
    assert refusal_of("POST", own, PORT) is None


def test_programs_that_are_no_browser_may_ask_for_everything() -> None:
    assert refusal_of("POST", OWN, PORT) is None


def test_a_link_from_another_site_leads_to_the_page() -> None:
    assert refusal_of("GET", {**OWN, "sec-fetch-site": "cross-site"}, PORT) is None


@pytest.mark.parametrize(
    "headers",
    [{}, {"host": "127.0.0.1"}, {"host": "127.0.0.1:80"}, {"host": "127.0.0.1:8765.evil.example"}],
)
def test_a_request_to_another_address_is_refused(headers: dict[str, str]) -> None:
    assert refusal_of("GET", headers, PORT) is not None


def test_no_other_page_can_frame_this_one_nor_can_it_load_anything_else(
    box: RunningSandbox,
) -> None:
    for path in ("/", "/page/page.js"):
        policy = requests.get(box.url + path, timeout=10).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
