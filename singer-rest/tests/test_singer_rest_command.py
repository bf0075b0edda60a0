from __future__ import annotations

import gc
import json
import logging
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from click.testing import CliRunner
from singer_rest import PlainErrors, PlainStreamErrors, SettingError, StopRun
from singer_sdk import Stream, Tap
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

SECRET = "made-up-secret"


class BrokenStream(PlainStreamErrors, Stream):
    name = "things"
    primary_keys = ("id",)
    schema = th.PropertiesList(th.Property("id", th.StringType)).to_dict()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        del context
        raise StopRun("Office refuses the sign-in:\n token revoked")


class TapOffice(PlainErrors, Tap):
    name = "tap-office"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_key", th.StringType, required=True, secret=True),
        th.Property("token", th.StringType, required=True, secret=True),
        th.Property("member_tokens", th.ObjectType(), secret=True),
        th.Property("policy", th.CustomType({"type": ["string", "object", "null"]})),
        th.Property("page_size", th.IntegerType, default=100),
    ).to_dict()

    def discover_streams(self) -> Sequence[Stream]:
        return [BrokenStream(self)]


GOOD = {"api_key": "key", "token": "token"}


def test_missing_settings_are_named_on_one_line_with_their_variables() -> None:
    with pytest.raises(SettingError) as caught:
        TapOffice(config={"api_key": "", "token": None})

    assert str(caught.value) == (
        "missing setting 'api_key', 'token': set it in the plugin's config or as "
        "TAP_OFFICE_API_KEY, TAP_OFFICE_TOKEN"
    )


def test_an_empty_text_counts_as_not_set_and_the_default_takes_its_place() -> None:
    assert TapOffice(config={**GOOD, "page_size": ""}).config["page_size"] == 100


def test_a_wrong_setting_is_named_with_its_value() -> None:
    with pytest.raises(SettingError, match="setting 'page_size' is wrong: 'many' is not of type"):
        TapOffice(config={**GOOD, "page_size": "many"})


@pytest.mark.parametrize("settings", [{"token": [SECRET]}, {"member_tokens": SECRET}])
def test_a_wrong_secret_is_named_without_its_value(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=f"setting '{next(iter(settings))}'") as caught:
        TapOffice(config={**GOOD, **settings})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ('{"things": "ours"}', {"things": "ours"}),
        (' {"a": {"b": "c"}}', {"a": {"b": "c"}}),
        ({"things": "ours"}, {"things": "ours"}),
        ("ours", "ours"),
        ("{ours", "{ours"),
    ],
)
def test_where_a_text_or_an_object_may_stand_an_object_may_come_as_json(
    given: Any, kept: Any
) -> None:
    assert TapOffice(config={**GOOD, "policy": given}).config["policy"] == kept


def test_a_rule_over_all_settings_does_not_repeat_them(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = {**TapOffice.config_jsonschema, "anyOf": [{"required": ["neither"]}]}
    monkeypatch.setattr(TapOffice, "config_jsonschema", strict)

    with pytest.raises(SettingError) as caught:
        TapOffice(config={**GOOD, "token": SECRET})
    assert SECRET not in str(caught.value)


def errors_of(arguments: list[str], caplog: pytest.LogCaptureFixture) -> tuple[int, list[str]]:
    caplog.set_level(logging.INFO)
    result = CliRunner().invoke(TapOffice.cli, arguments)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not any(record.exc_info for record in errors)
    return result.exit_code, [record.getMessage() for record in errors]


def test_an_error_of_a_run_is_one_line_and_exit_code_1(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(GOOD))

    code, errors = errors_of(["--config", str(config)], caplog)

    assert code == 1
    assert errors == ["Office refuses the sign-in: token revoked"]


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not valid JSON"), ("{}", "missing setting 'api_key', 'token'")]
)
def test_a_config_that_is_wrong_is_told_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, message: str
) -> None:
    config = tmp_path / "config.json"
    config.write_text(text)

    code, errors = errors_of(["--config", str(config)], caplog)

    assert code == 1
    assert len(errors) == 1
    assert message in errors[0]


def test_discovery_needs_no_settings() -> None:
    result = CliRunner().invoke(TapOffice.cli, ["--discover"])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["streams"][0]["stream"] == "things"


@pytest.mark.parametrize("option", ["--help", "--version", "--about"])
def test_the_command_keeps_the_usual_options(option: str) -> None:
    assert CliRunner().invoke(TapOffice.cli, [option]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nonsense"], "No such option '--nonsense'."),
        (["--catalog", "/no/such/file"], "'/no/such/file': No such file or directory"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_told_in_one_line(
    arguments: list[str], message: str
) -> None:
    result = CliRunner().invoke(TapOffice.get_singer_command(), arguments)
    assert result.exit_code == 2
    assert result.output.startswith("tap-office: ")
    assert message in result.output
    assert result.output.endswith("(see: tap-office --help)\n")
    assert len(result.output.splitlines()) == 1


def test_the_help_has_an_example() -> None:
    output = CliRunner().invoke(TapOffice.get_singer_command(), ["--help"]).output
    assert "Example: tap-office --config config.json" in output


@pytest.mark.parametrize(("kept", "is_kept_now"), [(0, True), (1000, False)])
def test_what_is_imported_is_kept_out_of_the_search_for_garbage_once(
    monkeypatch: pytest.MonkeyPatch, kept: int, *, is_kept_now: bool
) -> None:
    calls: list[bool] = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: kept)
    monkeypatch.setattr(gc, "freeze", lambda: calls.append(True))
    CliRunner().invoke(TapOffice.get_singer_command(), ["--version"])
    assert bool(calls) is is_kept_now
