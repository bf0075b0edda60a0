from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from sandbox.control_client import ControlError
from sandbox.testing import RunningSandbox

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from sandbox.testing import RunningSandbox
with RunningSandbox(seed=False, process=True) as box:
    print(box.control("GET", "/status")["pid"], box.port, flush=True)
    sys.stdin.read()
"""


def test_a_sandbox_of_its_own_process_answers_like_any_other(tmp_path: Path) -> None:
    with RunningSandbox(seed=False, data=tmp_path, process=True, token_limit=7) as box:
        assert box.control("GET", "/status")["pid"] != pid_here()
        left = requests.get(
            f"{box.trello_url}/members/me/boards", headers=box.authorization(), timeout=10
        ).headers["x-rate-limit-api-token-remaining"]
        assert left == "6"
        created = requests.post(
            f"{box.crm_url}/companies", json={"name": "Ny AS"}, headers=box.bearer(), timeout=10
        )
    with RunningSandbox(data=tmp_path) as box:
        path = f"{box.crm_url}/companies/{created.json()['id']}"
        assert requests.get(path, headers=box.bearer(), timeout=10).ok


def test_a_sandbox_of_its_own_process_is_gone_at_the_end() -> None:
    with RunningSandbox(seed=False, process=True) as box:
        url = box.url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_a_sandbox_of_its_own_process_ends_with_a_test_that_is_killed() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        _, port = holder.stdout.readline().split()
        assert answers(port)
        holder.send_signal(signal.SIGKILL)
    while answers(port):
        pass


@pytest.mark.parametrize("process", [False, True])
def test_a_wrong_switch_leaves_nothing_running(process: bool) -> None:
    box = RunningSandbox(seed=False, process=process, no_such_switch=1)
    with pytest.raises(ControlError), box:
        pass
    with pytest.raises(requests.ConnectionError):
        requests.get(box.url, timeout=10)


def answers(port: str) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=10).ok
    except requests.RequestException:
        return False


def pid_here() -> int:
    with RunningSandbox(seed=False) as box:
        return int(box.control("GET", "/status")["pid"])
