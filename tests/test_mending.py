"""What people mend with the command `links`: conflicts, wrong links, refused records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from linked_target.cli.main import links

if TYPE_CHECKING:
    from tests.office import Office

ASK = {"conflict_policy": "ask"}


def run(office: Office, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(links, ["--links-url", office.links_url, *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def told(office: Office, *arguments: str) -> Any:
    return json.loads(run(office, *arguments, "--format", "json"))


def name_of(office: Office, company: str) -> tuple[str, str]:
    """What a company and its workspace are called."""
    (found,) = told(office, "list", "--record", company)["rows"]
    workspace = found["partner"].split()[-1]
    return (
        office.crm("GET", f"/companies/{company}")["name"],
        office.trello("GET", f"/organizations/{workspace}")["displayName"],
    )


@pytest.fixture
def company(office: Office) -> str:
    """A company whose name was edited on both sides, where a person is to decide."""
    office.target_trello |= ASK
    office.target_crmoffice |= ASK
    company = str(office.crm("POST", "/companies", name="Fjordlys")["id"])
    office.sync()
    (found,) = told(office, "list", "--record", company)["rows"]
    office.crm("PATCH", f"/companies/{company}", name="Fjordlys Energi")
    workspace = found["partner"].split()[-1]
    office.trello("PUT", f"/organizations/{workspace}", displayName="Fjordlys Kraft")
    office.sync()
    return company


@pytest.mark.parametrize("winner", ["crmoffice", "trello"])
def test_a_conflict_is_decided_by_a_person_and_both_systems_get_the_value(
    office: Office, company: str, winner: str
) -> None:
    assert name_of(office, company) == ("Fjordlys Energi", "Fjordlys Kraft")
    (conflict,) = told(office, "conflicts")["rows"]
    assert conflict["values"] == {"crmoffice": "Fjordlys Energi", "trello": "Fjordlys Kraft"}
    run(office, "check", code=1)
    run(office, "resolve", company, "--take", winner, "--yes")
    office.sync()
    value = conflict["values"][winner]
    assert name_of(office, company) == (value, value)
    run(office, "check")
    office.sync()
    assert sum(office.counts("trello")[key] for key in ("updated", "created")) == 0


def test_a_wrong_link_is_mended(office: Office) -> None:
    office.crm("POST", "/companies", name="Nordvind")
    other = office.crm("POST", "/companies", name="Sørvind")
    office.sync()
    wrong = {
        row["record"].split()[-1]: row["partner"].split()[-1]
        for row in told(office, "list", "--stream", "companies")["rows"]
    }
    workspace = wrong[str(other["id"])]
    run(office, "unlink", str(other["id"]), "--yes")
    right = office.crm("POST", "/companies", name="Sørvind AS")
    pair = ("crmoffice", "companies", str(right["id"]), "trello", "organizations", workspace)
    run(office, "link", *pair, "--yes")
    office.target_trello["create"] = {"organizations": False}
    office.sync()
    assert office.trello("GET", f"/organizations/{workspace}")["displayName"] == "Sørvind AS"
    history = told(office, "show", str(right["id"]))["history"]
    assert [event["action"] for event in history if event["by"] == "links link"] == ["link"]


def test_a_refused_record_that_was_mended_goes_out_though_it_rests(office: Office) -> None:
    office.target_trello["on_error"] = "keep"
    office.box.add_fault(
        "status", system="trello", method="POST", path="/organizations", status=400, count=1
    )
    company = str(office.crm("POST", "/companies", name="Solvind")["id"])
    office.sync_to_trello()
    (failed,) = told(office, "failures")["rows"]
    assert failed["record"] == f"crmoffice companies {company}"
    assert "400" in failed["error"]
    assert "1 records are tried again" in run(office, "retry", company, "--yes")
    office.sync_to_trello()
    assert told(office, "failures")["rows"] == []
    assert "Solvind" in {each["displayName"] for each in office.workspaces()}


def test_the_runs_tell_their_requests_and_the_quota(office: Office) -> None:
    office.crm("POST", "/companies", name="Solvind")
    office.box.reset_requests()
    office.sync_to_trello()
    (run_,) = told(office, "runs")
    sent = [each for each in office.box.log() if "/trello/" in each["path"]]
    assert run_["usage"]["requests"] == len(sent) > 0
    assert run_["usage"]["too_many"] == 0
    assert run_["usage"]["quota_per_second"] > 0
