"""What goes wrong is told in one line, and the next good run completes what was left."""

from __future__ import annotations

import json
from dataclasses import replace
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest import StopRun

from tests.command_line import errors_of, run_plugin
from tests.shipped import plugin_config

if TYPE_CHECKING:
    from tests.forked import ForkedOffice
    from tests.office import Office

SECRETS = ("sandbox-token", "sandbox-key", "sandbox-secret", "sandbox-refresh", "very-secret")
PLUGINS = ("tap-crmoffice", "tap-trello", "target-trello", "target-crmoffice")


def config_of(office: Office, plugin: str) -> dict[str, Any]:
    sign_in = office.trello_sign_in() if "trello" in plugin else office.crmoffice_sign_in()
    config = {**plugin_config(plugin), **sign_in}
    if plugin.startswith("target"):
        config["links_url"] = office.links_url
    return config


def source_of(office: Office, plugin: str) -> str:
    """Singer messages that fit a target."""
    if plugin == "target-trello":
        return office.read_crmoffice()
    return office.read_trello() if plugin == "target-crmoffice" else ""


def assert_told_in_one_line(result: CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1, result.stderr
    errors = errors_of(result)
    assert len(errors) == 1, result.stderr
    for word in words:
        assert word in errors[0]
    assert "Traceback" not in result.stderr
    for secret in SECRETS:
        assert secret not in result.stderr + result.stdout


@pytest.mark.parametrize("plugin", PLUGINS)
def test_missing_settings_are_named(office: Office, plugin: str) -> None:
    result = run_plugin(plugin, {}, office.folder)
    setting = "api_key" if "trello" in plugin else "client_secret"
    assert_told_in_one_line(result, setting)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_setting_of_the_wrong_type_is_named_without_its_value(
    office: Office, plugin: str
) -> None:
    secret = "token" if "trello" in plugin else "client_secret"
    config = config_of(office, plugin) | {secret: ["very-secret"]}
    result = run_plugin(plugin, config, office.folder)
    assert_told_in_one_line(result, secret)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_refused_sign_in_stops_the_run_without_state(office: Office, plugin: str) -> None:
    office.crm("POST", "/companies", name="Fjellvik Regnskap")
    stdin = source_of(office, plugin)
    wrong = {"token": "very-secret"} if "trello" in plugin else {"refresh_token": "very-secret"}
    if "crmoffice" in plugin:
        wrong["token_file"] = str(office.folder / "other-token.json")
    config = config_of(office, plugin) | wrong
    result = run_plugin(plugin, config, office.folder, stdin=stdin)
    assert_told_in_one_line(result, "token")
    if plugin.startswith("target"):
        assert result.stdout == ""


@pytest.mark.parametrize("plugin", PLUGINS)
def test_an_unreachable_host_stops_the_run_without_state(
    forked_office: ForkedOffice, plugin: str
) -> None:
    office = replace(forked_office, pauses=0.01)
    office.crm("POST", "/companies", name="Fjellvik Regnskap")
    stdin = source_of(office, plugin)
    nowhere = "http://127.0.0.1:9/nothing"
    config = config_of(office, plugin) | {"api_url": nowhere}
    config.pop("card_id", None)
    ended = office.run_plugin(plugin, config, stdin)
    result = CompletedProcess([plugin], ended.status, ended.output, ended.errors)
    assert_told_in_one_line(result, "127.0.0.1:9", "can't be reached")
    if plugin.startswith("target"):
        assert result.stdout == ""


def test_plain_http_to_another_machine_is_refused(office: Office) -> None:
    config = config_of(office, "tap-trello") | {"api_url": "http://api.trello.com/1"}
    assert_told_in_one_line(run_plugin("tap-trello", config, office.folder), "https")


def schema_of(stream: str, *names: str) -> str:
    properties = {name: {"type": ["string", "null"]} for name in names}
    schema = {"type": "object", "properties": properties}
    message = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"]}
    return json.dumps(message) + "\n"


def record_of(stream: str, **values: Any) -> str:
    return json.dumps({"type": "RECORD", "stream": stream, "record": values}) + "\n"


STATE = json.dumps({"type": "STATE", "value": {"read": 1}}) + "\n"


def test_an_unknown_stream_is_named_with_what_to_do(office: Office) -> None:
    config = config_of(office, "target-trello")
    stdin = schema_of("invoices", "id") + record_of("invoices", id="1") + STATE
    result = run_plugin("target-trello", config, office.folder, stdin=stdin)
    assert_told_in_one_line(result, "invoices", "__alias__", "on_unknown_stream")
    assert result.stdout == ""


def test_a_map_that_names_a_missing_property_is_named(office: Office) -> None:
    config = config_of(office, "target-crmoffice")
    config["stream_maps"] = {"companies": {"id": "id", "name": "nmae", "__else__": "__NULL__"}}
    stdin = schema_of("companies", "id", "name") + record_of("companies", id="1", name="A")
    result = run_plugin("target-crmoffice", config, office.folder, stdin=stdin + STATE)
    assert_told_in_one_line(result, "companies", "nmae")
    assert result.stdout == ""


def test_a_map_that_sets_a_property_which_the_destination_lacks_is_named(office: Office) -> None:
    office.crm("POST", "/activities", subject="Call")
    config = config_of(office, "target-trello")
    config["stream_maps"]["activities"]["data__txt"] = "subject"
    stdin = office.read_crmoffice()
    result = run_plugin("target-trello", config, office.folder, stdin=stdin)
    assert_told_in_one_line(result, "activities", "data__txt", "data__text")
    assert result.stdout == ""


def test_a_map_for_a_stream_that_does_not_come_is_told(office: Office) -> None:
    config = config_of(office, "target-crmoffice")
    config["stream_maps"]["action"] = config["stream_maps"].pop("actions")
    stdin = office.read_trello()
    result = run_plugin("target-crmoffice", config, office.folder, stdin=stdin)
    assert result.returncode == 0
    assert "stream_maps has 'action', but no such stream arrived" in result.stderr


def test_a_map_that_names_a_property_which_no_record_has_is_named(office: Office) -> None:
    office.crm("POST", "/companies", name="Fjellvik Regnskap")
    config = config_of(office, "target-trello")
    config["stream_maps"]["companies"]["displayName"] = "nmae"
    stdin = office.read_crmoffice()
    result = run_plugin("target-trello", config, office.folder, stdin=stdin)
    assert_told_in_one_line(result, "companies", "nmae")
    assert result.stdout == ""


def test_a_record_without_its_key_is_kept_and_the_others_arrive(office: Office) -> None:
    config = config_of(office, "target-crmoffice") | {"source": "csv", "on_error": "fail"}
    del config["stream_maps"]
    stdin = schema_of("companies", "id", "name")
    stdin += record_of("companies", name="No key AS") + record_of("companies", id="1", name="A AS")
    result = run_plugin("target-crmoffice", config, office.folder, stdin=stdin + STATE)
    assert result.returncode == 1
    assert "'id'" in errors_of(result)[0]
    assert json.loads(result.stdout) == {"read": 1}
    assert [company["name"] for company in office.companies()] == ["A AS"]
    assert "Traceback" not in result.stderr


def test_a_record_before_its_schema_is_named(office: Office) -> None:
    config = config_of(office, "target-crmoffice")
    result = run_plugin(
        "target-crmoffice", config, office.folder, stdin=record_of("companies", id="1")
    )
    assert_told_in_one_line(result, "companies", "schema")


def test_a_broken_line_is_told_by_its_number_and_not_shown(office: Office) -> None:
    config = config_of(office, "target-crmoffice")
    stdin = schema_of("organizations", "id", "displayName", "website") + '{"very-secret": \n'
    result = run_plugin("target-crmoffice", config, office.folder, stdin=stdin)
    assert_told_in_one_line(result, "line 2")


@pytest.mark.parametrize("system", ["trello", "crmoffice"])
def test_after_a_stop_in_the_middle_the_next_run_completes_what_was_left(
    seeded_office: Office, system: str
) -> None:
    office = seeded_office
    sync = office.sync_to_trello if system == "trello" else office.sync_to_crmoffice
    there, back = ("activities", "actions") if system == "trello" else ("actions", "activities")
    office.box.add_fault("expire_token", system=system, method="POST", path="comments|activities")
    with pytest.raises(StopRun, match="refuses the sign-in"):
        sync()
    assert office.states == {}
    office.box.clear_faults()
    counts = sync()
    assert counts["failed"] == 0
    assert counts[f"{there}->{back} created"] > 0
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0


def test_a_refused_record_is_kept_and_goes_through_once_the_cause_is_mended(
    office: Office,
) -> None:
    refused = office.crm("POST", "/companies", name="Fjellvik Regnskap")
    office.crm("POST", "/companies", name="Nordhavn Maling")
    office.box.add_fault(
        "status", system="trello", method="POST", path="/organizations", status=400, count=1
    )
    counts = office.sync_to_trello(on_error="keep")
    assert (counts["failed"], counts["created"]) == (1, 1)
    sent_again = office.records(office.read_crmoffice(), "companies")
    assert refused["id"] not in {record["id"] for record in sent_again}
    counts = office.sync_to_trello(on_error="keep")
    assert (counts["failed"], counts["created"]) == (0, 1)
    names = {workspace["displayName"] for workspace in office.workspaces()}
    assert {"Fjellvik Regnskap", "Nordhavn Maling"} <= names


@pytest.mark.parametrize("kind", ["status_after_commit", "drop_after_commit"])
def test_an_answer_lost_after_the_commit_creates_nothing_twice(office: Office, kind: str) -> None:
    activity = office.crm("POST", "/activities", subject="Call")
    office.crm("POST", "/companies", name="Fjellvik Regnskap")
    for path in ("comments", "/organizations$"):
        office.box.add_fault(kind, system="trello", method="POST", path=path, status=503, count=1)
    office.sync()
    office.sync()
    (comment,) = office.comments()
    assert f"CRMOffice activity: {activity['id']}" in comment["data"]["text"]
    names = [workspace["displayName"] for workspace in office.workspaces()]
    assert names.count("Fjellvik Regnskap") == 1


@pytest.mark.parametrize("kind", ["status_after_commit", "drop_after_commit"])
def test_an_answer_lost_after_the_commit_in_crmoffice_creates_nothing_twice(
    office: Office, kind: str
) -> None:
    office.trello("POST", "/organizations", displayName="Nordhavn Maling")
    card = office.shared_card()
    office.trello("POST", f"/cards/{card['id']}/actions/comments", text="Ring")
    for path in ("/activities", "/companies"):
        office.box.add_fault(
            kind, system="crmoffice", method="POST", path=path, status=503, count=1
        )
    office.sync()
    office.sync()
    assert [activity["subject"] for activity in office.activities()] == ["Ring"]
    names = [company["name"] for company in office.companies()]
    assert names.count("Nordhavn Maling") == 1


def test_a_property_that_only_some_records_have_may_be_mapped(office: Office) -> None:
    stream_maps = plugin_config("target-trello")["stream_maps"]
    stream_maps["companies"]["desc"] = "motto"
    office.crm("POST", "/companies", name="Fjellvik Regnskap", motto="Tall er fine")
    office.sync_to_trello(stream_maps=stream_maps)
    office.crm("POST", "/companies", name="Nordhavn Maling")
    office.sync_to_trello(stream_maps=stream_maps)
    described = {each["displayName"]: each["desc"] for each in office.workspaces()}
    assert described["Fjellvik Regnskap"] == "Tall er fine"
    assert described["Nordhavn Maling"] == ""
