from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from linked_target import RecordsFailed
from singer_rest import SettingError, StopRun
from tap_crmoffice.records import record_of
from target_crmoffice.target import TargetCrmOffice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.testing import RunningSandbox
    from tap_crmoffice.client import CrmOfficeClient

TEXT = {"type": ["string", "null"]}


def singer(stream: str, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a tap with one stream of plain columns, such as a CSV tap's."""
    names = {name for record in records for name in record}
    schema = {"type": "object", "properties": dict.fromkeys(sorted(names), TEXT)}
    return [
        {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"]},
        *({"type": "RECORD", "stream": stream, "record": record} for record in records),
        {"type": "STATE", "value": {"done": len(records)}},
    ]


def feed(
    settings: dict[str, Any],
    *streams: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str] | None = None,
    **changes: Any,
) -> str:
    lines = [json.dumps(message) for messages in streams for message in messages]
    target = TargetCrmOffice(config={"source": "csv", **settings, **changes})
    target.listen(io.StringIO("\n".join(lines) + "\n"))
    return capsys.readouterr().out if capsys else ""


COMPANIES = [
    {"id": "a", "name": "Fjordlys AS", "website": "https://fjordlys.example"},
    {"id": "b", "name": "Blåfjell AS", "website": None},
]


def named(client: CrmOfficeClient, name: str) -> list[dict[str, Any]]:
    records = (record_of("companies", raw) for raw in client.read("companies"))
    return [record for record in records if record["name"] == name]


def test_a_csv_taps_companies_arrive_and_a_second_run_writes_nothing(
    settings: dict[str, Any],
    client: CrmOfficeClient,
    sandbox: RunningSandbox,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = feed(settings, singer("companies", COMPANIES), capsys=capsys)

    assert json.loads(out.splitlines()[-1]) == {"done": 2}
    assert named(client, "Fjordlys AS")[0]["website"] == "https://fjordlys.example"
    assert len(named(client, "Blåfjell AS")) == 1

    sandbox.reset_requests()
    feed(settings, singer("companies", COMPANIES))
    assert sandbox.requests()["crmoffice"]["writes"] == 0
    assert sandbox.requests()["crmoffice"]["GET"] == 0


def test_an_edit_of_the_source_writes_that_property_only(
    settings: dict[str, Any], client: CrmOfficeClient
) -> None:
    feed(settings, singer("companies", COMPANIES))
    made = named(client, "Fjordlys AS")[0]
    client.change("companies", made["id"], {"phone": "22 00 00 00"})

    edited = {**COMPANIES[0], "website": "https://ny.example"}
    feed(settings, singer("companies", [edited]))

    now = client.record("companies", made["id"])
    assert (now["website"], now["phone"]) == ("https://ny.example", "22 00 00 00")


def test_an_existing_company_is_linked_and_not_created_again(
    settings: dict[str, Any], client: CrmOfficeClient, sandbox: RunningSandbox
) -> None:
    known = client.record("companies", "1001")
    mine = {"id": "x", "name": "Another name", "orgNr": known["orgNr"]}

    feed(settings, singer("companies", [mine]), conflict_policy="crmoffice")

    assert sandbox.requests()["crmoffice"]["POST"] == 0
    assert client.record("companies", "1001")["name"] == known["name"]


def test_members_become_users_by_name_and_owners_of_activities(
    settings: dict[str, Any], client: CrmOfficeClient
) -> None:
    owner = next(record_of("users", raw) for raw in client.read("users"))
    members = [{"id": "m1", "username": "kari", "fullName": owner["fullName"]}]
    comments = [{"id": "c1", "subject": "Møte om kai", "ownerId": "m1"}]

    feed(
        settings,
        singer("members", members),
        singer("activities", comments),
        source="trello",
        stream_maps={"members": {"__alias__": "users", "id": "id", "fullName": "fullName"}},
    )

    made = [raw for raw in client.read("activities") if raw["subject"] == "Møte om kai"]
    assert [activity["ownerId"] for activity in made] == [owner["id"]]


@pytest.mark.parametrize("by", ["id", "userName"])
def test_a_user_map_written_from_user_to_member_pins_members(
    settings: dict[str, Any], client: CrmOfficeClient, by: str
) -> None:
    owner = next(record_of("users", raw) for raw in client.read("users"))

    feed(
        settings,
        singer("members", [{"id": "m1", "username": "kari", "fullName": "Nobody's name"}]),
        singer("activities", [{"id": "c1", "subject": "Møte om kai", "ownerId": "m1"}]),
        source="trello",
        stream_maps={"members": {"__alias__": "users", "id": "id", "fullName": "fullName"}},
        user_map={owner[by]: "m1"},
    )

    made = [raw for raw in client.read("activities") if raw["subject"] == "Møte om kai"]
    assert [activity["ownerId"] for activity in made] == [owner["id"]]


@pytest.mark.parametrize("fault", ["status_after_commit", "drop_after_commit"])
def test_a_lost_answer_creates_nothing_twice(
    settings: dict[str, Any], client: CrmOfficeClient, sandbox: RunningSandbox, fault: str
) -> None:
    sandbox.add_fault(fault, system="crmoffice", method="POST", path="companies", count=1)

    for _ in range(2):
        feed(settings, singer("companies", COMPANIES), on_error="keep")

    assert len(named(client, "Fjordlys AS")) == 1
    assert sandbox.requests()["crmoffice"]["POST"] == 2


def test_a_refused_record_stops_only_itself_and_the_run_tells_it_after_state(
    settings: dict[str, Any], client: CrmOfficeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {"id": "w", "name": "Feil AS", "orgNr": "123456789"}

    with pytest.raises(RecordsFailed, match="orgNr"):
        feed(settings, singer("companies", [wrong, *COMPANIES]))

    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"done": 3}
    assert len(named(client, "Blåfjell AS")) == 1


def test_an_unreachable_host_stops_the_run_without_state(
    settings: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)

    with pytest.raises(StopRun, match="can't be reached"):
        feed(settings, singer("companies", COMPANIES), api_url="http://127.0.0.1:9")
    assert capsys.readouterr().out == ""


def test_a_missing_sign_in_is_told_before_any_record(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="no sign-in to CRMOffice: missing client_secret"):
        TargetCrmOffice(config={**settings, "client_secret": ""})


def test_streams_are_written_parents_first(settings: dict[str, Any]) -> None:
    assert list(TargetCrmOffice(config=settings).streams) == [
        "companies",
        "users",
        "contacts",
        "activities",
    ]


def test_references_lead_to_streams_and_properties_that_exist(settings: dict[str, Any]) -> None:
    streams = TargetCrmOffice(config=settings).streams

    for name, references in TargetCrmOffice.default_references.items():
        declared = {
            path for path, each in streams[name].properties.items() if each.references in streams
        }
        assert set(references) == declared


@pytest.mark.parametrize("option", ["--help", "--version", "--about"])
def test_the_command_has_the_usual_options(option: str) -> None:
    result = CliRunner().invoke(TargetCrmOffice.cli, [option])

    assert result.exit_code == 0
    assert "target-crmoffice" in result.output
