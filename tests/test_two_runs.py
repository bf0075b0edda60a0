"""Two runs at once on one link store: one works, the other says who does, and nothing is double."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.command_line import BIN, errors_of, run_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.office import Office

READING = "stream 'rumours' is ignored"
"""What a target logs about the first message that it is given here."""
RUMOURS = {
    "type": "SCHEMA",
    "stream": "rumours",
    "key_properties": ["id"],
    "schema": {"type": "object", "properties": {"id": {"type": "string"}}},
}
NAMES = [f"Firm {number}" for number in range(20)]


@pytest.fixture
def office(office: Office) -> Office:
    for name in NAMES:
        office.crm("POST", "/companies", name=name)
    office.target_trello["on_unknown_stream"] = "ignore"
    return office


@contextmanager
def begin(office: Office, plugin: str, config: str) -> Iterator[subprocess.Popen[str]]:
    """A plugin that waits for its input; it is killed if it still runs at the end."""
    path = office.folder / config
    path.write_text(json.dumps(office.config_of(plugin)))
    with subprocess.Popen(
        [BIN / plugin, "--config", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=office.folder,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def a_run_at_work(office: Office) -> Iterator[subprocess.Popen[str]]:
    """A run to Trello that has begun to read its input, which has not ended."""
    with begin(office, "target-trello", "at-work.json") as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(RUMOURS) + "\n")
        process.stdin.flush()
        while READING not in (line := process.stderr.readline()):
            assert line, "it has ended"
        yield process


def messages_for(office: Office, plugin: str) -> str:
    return office.read_crmoffice() if plugin == "target-trello" else office.read_trello()


def run(office: Office, plugin: str) -> subprocess.CompletedProcess[str]:
    """Run the tap and the target as commands, one after the other."""
    return run_plugin(
        plugin, office.config_of(plugin), office.folder, stdin=messages_for(office, plugin)
    )


def assert_each_firm_is_there_once(office: Office) -> None:
    for records, name in ((office.workspaces(), "displayName"), (office.companies(), "name")):
        found = sorted(record[name] for record in records if record[name].startswith("Firm"))
        assert found == sorted(NAMES)


@pytest.mark.parametrize("plugin", ["target-trello", "target-crmoffice"])
def test_a_second_run_names_the_first_and_exits_with_1_and_the_first_goes_on(
    office: Office, plugin: str
) -> None:
    messages = office.read_crmoffice()
    with a_run_at_work(office) as first:
        second = run(office, plugin)
        assert second.returncode == 1
        assert second.stdout == ""
        (error,) = errors_of(second)
        assert f"target-trello, pid {first.pid} on " in error
        assert "Traceback" not in second.stderr
        output, errors = first.communicate(messages)
    assert first.returncode == 0, errors
    assert json.loads(output.splitlines()[-1])
    assert run(office, plugin).returncode == 0
    assert run(office, "target-crmoffice").returncode == 0
    assert_each_firm_is_there_once(office)


def test_a_killed_run_is_taken_over_at_once_and_what_it_left_is_completed(office: Office) -> None:
    messages = office.read_crmoffice()
    lines = messages.splitlines(keepends=True)
    with a_run_at_work(office) as first:
        assert first.stdin is not None
        first.stdin.writelines(lines[: len(lines) // 2])
        first.stdin.flush()
        first.kill()
        first.wait()
    second = run(office, "target-trello")
    assert second.returncode == 0, second.stderr
    assert "taken over" in second.stderr
    assert_each_firm_is_there_once(office)


def test_a_stopped_run_gives_the_store_back_and_tells_no_state(office: Office) -> None:
    with a_run_at_work(office) as first:
        first.terminate()
        output, errors = first.communicate()
    assert first.returncode == 1
    assert output == ""
    assert "SIGTERM" in errors
    second = run(office, "target-trello")
    assert second.returncode == 0, second.stderr
    assert "taken over" not in second.stderr


def test_links_wait_ends_with_the_run_that_it_waits_for(office: Office) -> None:
    links: list[Path | str] = [BIN / "links", "--links-url", office.links_url, "wait"]
    with a_run_at_work(office) as first:
        hasty = subprocess.run([*links, "--timeout", "0"], capture_output=True, check=False)
        assert hasty.returncode == 1
        with subprocess.Popen(links) as patient:
            first.communicate("")
            assert patient.wait(timeout=60) == 0
    assert run(office, "target-trello").returncode == 0


def test_of_runs_that_begin_at_the_same_moment_none_disturbs_another(office: Office) -> None:
    plugins = ["target-trello", "target-crmoffice"] * 2
    with ExitStack() as stack:
        begun = [
            stack.enter_context(begin(office, plugin, f"run-{number}.json"))
            for number, plugin in enumerate(plugins)
        ]
        told = [
            process.communicate(messages_for(office, plugin))[1]
            for process, plugin in zip(begun, plugins, strict=True)
        ]
    ended = [(process.returncode, errors) for process, errors in zip(begun, told, strict=True)]
    assert 0 in {code for code, _ in ended}
    for code, errors in ended:
        assert code == 0 or "link store" in errors, errors
        assert "Traceback" not in errors
    for plugin in plugins:
        assert run(office, plugin).returncode == 0
    assert_each_firm_is_there_once(office)
    office.box.reset_requests()
    for plugin in plugins[:2]:
        run(office, plugin)
    assert office.box.writes() == 0
