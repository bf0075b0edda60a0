"""The command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from tap_trello.streams import STREAMS
from tap_trello.tap import TapTrello

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import RunningSandbox


def call(*arguments: str) -> Result:
    return CliRunner().invoke(TapTrello.cli, arguments)


def call_with(tmp_path: Path, config: dict[str, Any], *arguments: str) -> Result:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return call("--config", str(path), *arguments)


@pytest.mark.parametrize("option", ["--help", "--version", "--about"])
def test_it_tells_about_itself(option: str) -> None:
    result = call(option)
    assert result.exit_code == 0
    assert "tap-trello" in result.output.lower() or option == "--help"


def test_it_tells_its_streams_without_any_setting() -> None:
    result = call("--discover")
    assert result.exit_code == 0
    streams = [stream["tap_stream_id"] for stream in json.loads(result.stdout)["streams"]]
    assert streams == [stream.name for stream in STREAMS]


def test_every_setting_is_described_and_secrets_are_marked() -> None:
    settings = json.loads(call("--about", "--format", "json").stdout)["settings"]["properties"]
    own = ("api_key", "token", "member_tokens", "api_url", "start_date", "board_ids")
    assert all(settings[name]["description"] and settings[name]["title"] for name in own)
    secret = {name for name, setting in settings.items() if setting.get("secret")}
    assert secret == {"api_key", "token", "member_tokens"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "missing setting 'api_key'"),
        ({"api_key": "k"}, "no token for Trello yet: run `tap-trello login`, or set 'token'"),
        ({"api_key": "k", "token": "s3cr3t", "api_url": "nowhere"}, "not an http or https"),
        ({"api_key": "k", "token": "s3cr3t", "board_ids": "x"}, "'board_ids' is wrong"),
        ({"api_key": "k", "token": "s3cr3t", "member_tokens": "s3cr3t"}, "'member_tokens'"),
        ({"api_key": "k", "token": "s3cr3t"}, "check the setting 'api_key'"),
        ({"api_key": "sandbox-key", "token": "s3cr3t"}, "check the setting 'token'"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line_without_the_secret(
    box: RunningSandbox,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, Any],
    words: str,
) -> None:
    nowhere = {"api_url": box.trello_url, "token_file": str(tmp_path / "token.json")}
    result = call_with(tmp_path, {**nowhere, **settings})
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert result.exit_code == 1
    assert words in errors[-1].getMessage()
    assert "\n" not in errors[-1].getMessage()
    assert "s3cr3t" not in caplog.text + result.output
