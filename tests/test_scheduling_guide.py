"""What docs/scheduling.md says to do: exit codes, logs for programs, further schedules."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from sandbox.testing import RunningSandbox

from tests.command_line import BIN
from tests.meltano_project import MeltanoProject
from tests.shipped import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One worker runs them all: they share a project, whose plugins take a while to install.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("scheduling")]

GUIDE = (PROJECT / "docs" / "scheduling.md").read_text()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeltanoProject]:
    with RunningSandbox(seed=False) as box:
        project = MeltanoProject(tmp_path_factory.mktemp("scheduling"), box)
        for plugin in ("tap-crmoffice", "target-trello", "links"):
            told = project.meltano("install", kind_of(plugin), plugin)
            assert told.returncode == 0, told.stdout
        yield project


def kind_of(plugin: str) -> str:
    return {"tap": "extractor", "target": "loader"}.get(plugin.partition("-")[0], "utility")


def shown(word: str) -> dict[str, Any]:
    """The YAML block of the guide in which a word stands."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    (found,) = [each for each in blocks if word in each]
    loaded: dict[str, Any] = yaml.safe_load(found)
    return loaded


@pytest.fixture
def log(project: MeltanoProject) -> Iterator[Path]:
    """The file that the guide's logging.yaml makes Meltano write."""
    settings, log = project.folder / "logging.yaml", project.folder / "sync.jsonl"
    settings.write_text(yaml.safe_dump(shown("json_formatter")))
    yield log
    settings.unlink()
    log.unlink()


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def line_of(log: Path, event: str) -> dict[str, Any]:
    (found,) = [each for each in lines_of(log) if event in each["event"]]
    return found


def test_a_stopped_run_exits_with_1_and_each_line_of_its_log_is_an_object(
    project: MeltanoProject, log: Path
) -> None:
    ended = project.meltano("--environment=prod", "run", "tap-crmoffice", "target-trello")
    assert ended.returncode == 1
    assert "missing setting 'api_key'" in ended.stdout
    assert "Environment 'prod' is active" not in ended.stdout  # the console has what is wrong
    assert line_of(log, "Environment 'prod' is active")["level"] == "info"
    error = line_of(log, "missing setting 'api_key'")
    assert (error["level"], error["name"]) == ("error", "target-trello")
    block = line_of(log, "Block run completed")
    assert block["exit_codes"] == {"extractors": 1, "loaders": 1}
    last = lines_of(log)[-1]
    assert (last["event"], last["status"]) == ("Run completed", "failure")
    assert last["duration_seconds"] > 0
    assert {error["run_id"], block["run_id"]} == {last["run_id"]}


def test_a_check_that_fails_exits_with_1_and_is_told_apart_from_a_run_that_stopped(
    project: MeltanoProject, log: Path
) -> None:
    assert project.meltano("run", "links:check").returncode == 1  # nothing has run yet
    told = line_of(log, "Block run completed")["err"]
    assert told == "`links check` failed with exit code: 1"
    assert told in GUIDE


@pytest.mark.parametrize("program", ["links", "tap-trello", "target-crmoffice"])
def test_a_mistyped_command_exits_with_2(program: str) -> None:
    ended = subprocess.run([BIN / program, "--chek"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_the_further_schedule_is_one_of_a_job(project: MeltanoProject) -> None:
    path = project.folder / "meltano.yml"
    shipped = path.read_text()
    changed = yaml.safe_load(shipped)
    changed["schedules"] += shown("schedules")["schedules"]
    path.write_text(yaml.safe_dump(changed, sort_keys=False, allow_unicode=True))
    listed = project.meltano("--log-level=error", "schedule", "list", "--format=json").stdout
    path.write_text(shipped)
    schedules = json.loads(listed[listed.index("{") :])["schedules"]["job"]
    for schedule in shown("schedules")["schedules"]:
        (found,) = [each for each in schedules if each["name"] == schedule["name"]]
        assert found["cron_interval"] == schedule["interval"]
        assert found["job"]["name"] == schedule["job"]
