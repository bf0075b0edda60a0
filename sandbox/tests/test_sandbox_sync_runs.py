from __future__ import annotations

import fcntl
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sandbox.page.moved import Change, changes_between
from sandbox.page.setup import PageSetup
from sandbox.testing import RunningSandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 20  # seconds
HOLDER = """
import fcntl, subprocess, sys
held = open({path!r}, "a")
fcntl.flock(held, fcntl.LOCK_EX)
print("held", flush=True)
command = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.run(command, pass_fds=[held.fileno()])
"""


def sync_of(code: str, **setup: Any) -> PageSetup:
    return PageSetup(sync=(sys.executable, "-c", code), **setup)


def press(box: RunningSandbox) -> requests.Response:
    return requests.post(f"{box.url}/page/sync", json={"sync": ["touch", "other"]}, timeout=10)


def report(box: RunningSandbox) -> Any:
    return requests.get(f"{box.url}/page/sync", timeout=10).json()["sync"]


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline


def pressed(box: RunningSandbox) -> Any:
    """The report of a run, from its start to its end."""
    assert press(box).status_code == 202
    until(lambda: not report(box)["running"])
    return report(box)


def is_free(path: Path) -> bool:
    """Whether no process holds the file's lock any more."""
    with path.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def moved_by(script: Path, box: RunningSandbox, code: str) -> list[Any]:
    """What a run moves that calls the APIs with this code."""
    script.write_text(
        "import requests\n"
        f"crm, bearer = {box.crm_url!r}, {box.bearer()!r}\n"
        f"trello, sign_in = {box.trello_url!r}, {box.authorization()!r}\n" + code
    )
    found: list[Any] = pressed(box)["moved"]
    return found


def test_a_run_tells_its_exit_code_and_the_last_lines_of_its_log() -> None:
    code = "import sys; print('\\n'.join(map(str, range(100)))); print('\\x1b[1mbold'); sys.exit(3)"
    with RunningSandbox(seed=False, page=sync_of(code)) as box:
        assert report(box) is None
        told = pressed(box)
        assert (told["exit_code"], told["trouble"], told["moved"]) == (3, "", [])
        assert told["log"] == [*map(str, range(81, 100)), "bold"]
        assert (box.data / "sync.log").stat().st_mode & 0o777 == 0o600


def test_a_second_run_waits_for_its_button_until_the_first_has_ended(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with RunningSandbox(seed=False, page=sync_of(HOLDER.format(path=str(lock)))) as box:
        assert press(box).status_code == 202
        second = press(box)
        assert (second.status_code, second.json()) == (409, {"error": "A sync is running already."})
        assert report(box)["running"]


def test_without_a_command_nothing_runs_and_the_reason_is_told(box: RunningSandbox) -> None:
    answer = press(box)
    assert answer.status_code == 409
    assert "--sync" in answer.json()["error"]
    assert report(box) is None


def test_a_command_that_is_not_there_is_told_in_one_line() -> None:
    with RunningSandbox(seed=False, page=PageSetup(sync=("no-such-command",))) as box:
        told = pressed(box)
        assert told["exit_code"] is None
        assert told["trouble"] == "The command can't be started: No such file or directory."


def test_a_run_beyond_its_time_ends_with_all_that_it_started(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    setup = sync_of(HOLDER.format(path=str(lock)), limit=1.5)
    with RunningSandbox(seed=False, page=setup) as box:
        told = pressed(box)
        assert told["log"] == ["held"]
        assert told["trouble"] == "The command was ended after 1.5 seconds."
        until(lambda: is_free(lock))


@pytest.mark.parametrize("process", [False, True])
def test_a_run_ends_with_the_sandbox(tmp_path: Path, process: bool) -> None:
    lock = tmp_path / "lock"
    setup = sync_of(HOLDER.format(path=str(lock)))
    with RunningSandbox(seed=False, page=setup, process=process) as box:
        press(box)
        until(lambda: report(box)["log"] == ["held"])
        assert not is_free(lock)
    until(lambda: is_free(lock))


def test_a_reset_forgets_what_the_last_run_moved() -> None:
    with RunningSandbox(seed=False, page=sync_of("pass")) as box:
        pressed(box)
        box.reset(seed=False)
        assert report(box) is None


def test_exactly_the_records_that_a_run_wrote_are_told_property_by_property(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    with RunningSandbox(seed=True, page=PageSetup(sync=(sys.executable, str(script)))) as box:
        moved = moved_by(
            script,
            box,
            "requests.patch(crm + '/activities/4001', json={'startsAt': '2027-03-02T09:00:00Z'},"
            " headers=bearer)\n"
            "requests.patch(crm + '/companies/1002', json={}, headers=bearer)\n"
            "requests.post(crm + '/companies', json={'name': 'Ny AS'}, headers=bearer)\n"
            "requests.delete(crm + '/activities/4200', headers=bearer)\n"
            "requests.put(trello + '/organizations/fjordlys', json={'displayName': 'Fjordlys 2'},"
            " headers=sign_in)\n",
        )
        told = {(each["system"], each["section"], each["how"]): each for each in moved}
        assert moved_by(script, box, "") == []
    assert len(told) == len(moved) == 4, moved
    assert told["crmoffice", "companies", "created"]["title"] == "Ny AS"
    assert told["crmoffice", "activities", "deleted"]["id"] == "4200"
    assert told["trello", "companies", "changed"]["changes"] == [
        {"property": "displayName", "old": "Fjordlys", "new": "Fjordlys 2"}
    ]
    activity = told["crmoffice", "activities", "changed"]
    assert (activity["id"], activity["changes"]) == (
        "4001",
        [
            {
                "property": "startsAt",
                "old": "2024-01-01T08:00:00.000Z",
                "new": "2027-03-02T09:00:00.000Z",
            }
        ],
    )


def test_of_a_long_text_only_the_lines_that_differ_are_told() -> None:
    before = {"id": "1", "data": {"text": "Hei\n\n---\nStarts: 1\nOwner: @a"}}
    after = {"id": "1", "data": {"text": "Hei\n\n---\nStarts: 2\nOwner: @a", "dateLastEdited": "x"}}
    assert changes_between(before, after) == (Change("data.text", "Starts: 1", "Starts: 2"),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (None, "x", [("", "x")]),
        ("x", None, [("x", "")]),
        ("", None, []),
        ("a\nb", "a", [("b", "")]),
        ("a\nb", "b\na", [("a\nb", "b\na")]),
        (1, 2, [("1", "2")]),
    ],
)
def test_empty_and_null_are_one_and_any_other_difference_is_told(
    old: object, new: object, told: list[tuple[str, str]]
) -> None:
    changes = changes_between({"of": {"name": old}}, {"of": {"name": new}})
    assert changes == tuple(Change("of.name", *values) for values in told)
