"""The target as a whole."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from target_trello.target import TargetTrello

if TYPE_CHECKING:
    from sandbox.testing import RunningSandbox
    from tap_trello.client import TrelloClient

TEXT = {"type": ["string", "null"]}


def messages(stream: str, *records: dict[str, Any]) -> list[dict[str, Any]]:
    names = {name for record in records for name in record}
    schema = {"type": "object", "properties": dict.fromkeys(names, TEXT)}
    return [
        {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"]},
        *({"type": "RECORD", "stream": stream, "record": record} for record in records),
        {"type": "STATE", "value": {"bookmarks": {stream: "done"}}},
    ]


def send(config: dict[str, Any], sent: list[dict[str, Any]]) -> str:
    lines = io.StringIO("".join(json.dumps(message) + "\n" for message in sent))
    output = io.StringIO()
    with redirect_stdout(output):
        TargetTrello(config=config).listen(lines)
    return output.getvalue()


@pytest.mark.parametrize("option", ["--help", "--version", "--about"])
def test_it_tells_about_itself(option: str) -> None:
    assert CliRunner().invoke(TargetTrello.cli, [option]).exit_code == 0


def test_every_setting_is_described_and_secrets_are_marked() -> None:
    result = CliRunner().invoke(TargetTrello.cli, ["--about", "--format", "json"])
    settings = json.loads(result.stdout)["settings"]["properties"]
    own = ("api_key", "token", "member_tokens", "card_id", "organization_id", "create_members")
    assert all(settings[name]["description"] for name in own)
    secret = {name for name, setting in settings.items() if setting.get("secret")}
    assert secret == {"api_key", "token", "member_tokens"}


def test_streams_are_synced_parents_first(config: dict[str, Any]) -> None:
    order = list(TargetTrello(config=config).streams)
    assert order == ["organizations", "members", "actions"]


def test_records_become_comments_and_the_second_time_nothing_is_written(
    box: RunningSandbox, config: dict[str, Any], client: TrelloClient
) -> None:
    record = {"id": "1", "date": "2026-03-02T10:00:00+01:00", "data__text": "Hello"}
    sent = messages("actions", record)
    assert json.loads(send(config, sent)) == {"bookmarks": {"actions": "done"}}
    board = next(each for each in client.get("/members/me/boards") if each["name"] == "CRMOffice")
    (comment,) = client.get(f"/boards/{board['id']}/actions", {"filter": "commentCard"})
    assert comment["data"]["text"].startswith("Hello\n\n---\nStarts: 2026-03-02T10:00:00+01:00")
    box.reset_requests()
    send(config, sent)
    assert sum(box.requests()["trello"].values()) == 0


def test_an_edit_reaches_the_comment(
    config: dict[str, Any], client: TrelloClient, box: RunningSandbox
) -> None:
    send(config, messages("actions", {"id": "1", "data__text": "Hello"}))
    send(config, messages("actions", {"id": "1", "data__text": "Good bye"}))
    board = next(each for each in client.get("/members/me/boards") if each["name"] == "CRMOffice")
    (comment,) = client.get(f"/boards/{board['id']}/actions", {"filter": "commentCard"})
    assert comment["data"]["text"] == "Good bye\n\n---\nCRMOffice activity: 1"
    assert box.requests()["trello"]["PUT"] == 1


def test_a_workspace_with_the_same_website_is_matched_and_not_made_again(
    config: dict[str, Any], client: TrelloClient, box: RunningSandbox
) -> None:
    known = client.get("/members/me/organizations", {"fields": "all"})
    website = next(each["website"] for each in known if each["website"])
    record = {"id": "7", "displayName": "Another name", "website": website}
    send(config, messages("organizations", record))
    assert len(client.get("/members/me/organizations")) == len(known)
    assert box.requests()["trello"]["POST"] == 0
