"""The plugins with others, run by Meltano: public targets behind the taps, a public tap before."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests
import yaml
from sandbox.testing import RunningSandbox

from tests.meltano_project import MeltanoProject
from tests.shipped import PROJECT
from tests.warehouses import has_postgresql, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# One worker runs them all: they share a project, whose plugins take a while to install.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("meltano")]


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with RunningSandbox(seed=True) as box:
        yield box


@pytest.fixture(scope="module")
def project(box: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> MeltanoProject:
    return MeltanoProject(tmp_path_factory.mktemp("project"), box)


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("tap", "stream", "number"),
    [("tap-trello-raw", "cards", 60), ("tap-crmoffice", "activities", 200)],
)
def test_a_tap_fills_the_public_target_jsonl(
    project: MeltanoProject, tap: str, stream: str, number: int
) -> None:
    output = project.folder / "output"
    output.mkdir(exist_ok=True)
    result = project.meltano("run", tap, "target-jsonl")
    assert result.returncode == 0, result.stdout
    records = lines_of(output / f"{stream}.jsonl")
    assert len({record["id"] for record in records}) == number


@pytest.mark.skipif(not has_postgresql(), reason="PostgreSQL is not installed")
def test_the_loader_that_the_guide_shows_fills_postgresql(project: MeltanoProject) -> None:
    guide = (PROJECT / "docs" / "composing.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    (shown,) = [block for block in blocks if "target-postgres" in block]
    (loader,) = yaml.safe_load(shown)["plugins"]["loaders"]
    project.add_plugin("loaders", **loader)
    with running_server() as url:
        result = project.meltano("run", "tap-trello-raw", "target-postgres", WAREHOUSE_URL=url)
        assert result.returncode == 0, result.stdout
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            found = connection.execute("SELECT count(*) FROM trello.cards").fetchone()
    assert found == (60,)


def test_the_public_csv_tap_fills_crmoffice(project: MeltanoProject, box: RunningSandbox) -> None:
    (project.folder / "firma.csv").write_text(
        "nr,navn,nettsted\n1,Østfold Båtutleie,https://batutleie.example\n2,Ås Gartneri,\n"
    )
    project.add_plugin(
        "extractors",
        name="tap-spreadsheets",
        namespace="tap_spreadsheets",
        executable="tap-spreadsheets",
        pip_url="tap-spreadsheets==1.1.2",
        settings=[{"name": "files", "kind": "array"}],
        config={
            "files": [
                {
                    "path": str(project.folder / "firma.csv"),
                    "format": "csv",
                    "table_name": "firma",
                    "primary_keys": ["nr"],
                }
            ]
        },
    )
    stream_maps = {
        "firma": {
            "__alias__": "companies",
            "nr": "nr",
            "name": "navn",
            "website": "nettsted",
            "__else__": "__NULL__",
        }
    }
    project.set_config("loaders", "target-crmoffice", source="csv", stream_maps=stream_maps)
    for _ in range(2):
        result = project.meltano("run", "tap-spreadsheets", "target-crmoffice")
        assert result.returncode == 0, result.stdout
    names = [company["name"] for company in companies(box)]
    assert names.count("Østfold Båtutleie") == 1
    assert names.count("Ås Gartneri") == 1


def companies(box: RunningSandbox) -> list[Any]:
    answer = requests.get(f"{box.crm_url}/companies?pageSize=200", headers=box.bearer(), timeout=30)
    items: list[Any] = answer.json()["items"]
    return items


def test_the_environment_prod_needs_its_settings_and_says_which(project: MeltanoProject) -> None:
    result = project.meltano("--environment=prod", "run", "tap-trello-raw", "target-jsonl")
    assert result.returncode == 1
    assert "api_key" in result.stdout


def test_jobs_and_schedules_are_listed(project: MeltanoProject) -> None:
    jobs = project.meltano("job", "list").stdout
    for job in ("crmoffice-to-trello", "trello-to-crmoffice", "sync", "demo"):
        assert job in jobs
    assert "*/15 * * * *" in project.meltano("schedule", "list").stdout
