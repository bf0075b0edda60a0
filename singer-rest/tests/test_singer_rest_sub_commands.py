from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, ClassVar

import click
import pytest
from click.testing import CliRunner
from singer_rest import PlainErrors, StopRun, with_settings
from singer_sdk import Stream, Tap
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from click.testing import Result


class LettersStream(Stream):
    name = "letters"
    primary_keys = ("id",)
    schema = th.PropertiesList(th.Property("id", th.StringType)).to_dict()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        del context
        yield {"id": "a"}


@click.command(short_help="Sign in.")
@click.option("--times", type=int, default=1)
@with_settings
def login(config: Mapping[str, Any], times: int) -> None:
    """Sign in: tap-post login --config config.json."""
    if config["api_key"] == "refused":
        raise StopRun("Post refuses\n the sign-in")
    own = {name: config[name] for name in ("api_key", "page_size", "boards") if name in config}
    click.echo(json.dumps([own] * times))


class TapPost(PlainErrors, Tap):
    """Reads the post."""

    name = "tap-post"
    sub_commands = (login,)
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_key", th.StringType, required=True, secret=True),
        th.Property("page_size", th.IntegerType, default=100),
        th.Property("boards", th.ArrayType(th.StringType)),
    ).to_dict()

    def discover_streams(self) -> Sequence[Stream]:
        return [LettersStream(self)]


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    """Writes settings into a file."""

    def written(name: str = "config.json", **settings: Any) -> str:
        path = tmp_path / name
        path.write_text(json.dumps(settings))
        return str(path)

    return written


def call(*arguments: str, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(TapPost.cli, arguments)


def settings_of(*arguments: str, **variables: str) -> dict[str, Any]:
    """The settings that the sub-command gets."""
    result = call(*arguments, **variables)
    assert result.exit_code == 0, result.output
    (settings,) = json.loads(result.stdout)
    assert isinstance(settings, dict)
    return settings


def test_a_sub_command_gets_the_settings_with_their_defaults(file: Callable[..., str]) -> None:
    found = settings_of("login", "--config", file(api_key="k", boards=""))
    assert found == {"api_key": "k", "page_size": 100}


def test_the_settings_may_stand_before_the_sub_command(file: Callable[..., str]) -> None:
    assert settings_of("--config", file(api_key="k"), "login")["api_key"] == "k"


def test_of_several_files_the_later_wins_wherever_it_stands(file: Callable[..., str]) -> None:
    first, second = file("1.json", api_key="k", page_size=1), file("2.json", page_size=2)
    together = {"api_key": "k", "page_size": 2}
    assert settings_of("login", "--config", first, "--config", second) == together
    assert settings_of("--config", first, "login", "--config", second) == together


def test_the_settings_of_the_environment_win_over_a_file_when_they_are_asked_for(
    file: Callable[..., str],
) -> None:
    path = file(api_key="k", page_size=1)
    variables = {"TAP_POST_PAGE_SIZE": "2", "TAP_POST_BOARDS": '["b"]'}
    assert settings_of("login", "--config", path, **variables)["page_size"] == 1
    found = settings_of("login", "--config", path, "--config", "ENV", **variables)
    assert found == {"api_key": "k", "page_size": 2, "boards": ["b"]}


def test_without_any_file_the_environment_counts() -> None:
    assert settings_of("login", TAP_POST_API_KEY="k")["api_key"] == "k"


def test_a_sub_command_has_options_of_its_own(file: Callable[..., str]) -> None:
    result = call("login", "--times", "2", "--config", file(api_key="k"))
    assert len(json.loads(result.stdout)) == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "missing setting 'api_key': set it in the plugin's config or as TAP_POST_API_KEY"),
        ({"api_key": ["s3cr3t"]}, "setting 'api_key' is not as expected"),
        ({"api_key": "refused"}, "Post refuses the sign-in"),
    ],
)
def test_an_error_of_a_sub_command_is_one_line_and_exit_code_1(
    file: Callable[..., str],
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, Any],
    message: str,
) -> None:
    caplog.set_level(logging.INFO)
    result = call("login", "--config", file(**settings))
    (error,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert result.exit_code == 1
    assert error.getMessage().startswith(message)
    assert "\n" not in error.getMessage()
    assert error.exc_info is None
    assert "s3cr3t" not in caplog.text + result.output


def test_a_file_that_is_missing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    assert call("login", "--config", "nowhere.json").exit_code == 1
    assert "nowhere.json" in caplog.records[-1].getMessage()


def test_the_help_of_the_plugin_names_the_sub_command_which_has_its_own() -> None:
    assert "login  Sign in." in call("--help").stdout
    own = call("login", "--help").stdout
    assert "tap-post login --config config.json" in own
    assert "--times" in own


def test_without_a_sub_command_the_plugin_runs(file: Callable[..., str]) -> None:
    lines = call("--config", file(api_key="k")).stdout.splitlines()
    records = [json.loads(line) for line in lines if '"RECORD"' in line]
    assert [record["record"] for record in records] == [{"id": "a"}]


def test_without_arguments_the_plugin_names_what_it_needs(caplog: pytest.LogCaptureFixture) -> None:
    assert call().exit_code == 1
    assert "missing setting 'api_key'" in caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--version"], "tap-post v"),
        (["--about"], "Reads the post."),
        (["--discover"], '"letters"'),
        (["--about", "--format=json"], '"page_size"'),
    ],
)
def test_the_usual_options_do_what_they_did(options: list[str], words: str) -> None:
    result = call(*options)
    assert result.exit_code == 0
    assert words in result.stdout


def test_a_word_that_is_no_sub_command_is_refused_and_nothing_runs(
    file: Callable[..., str],
) -> None:
    result = call("--config", file(api_key="k"), "logon")
    assert result.exit_code == 2
    assert "No such command 'logon'" in result.output
    assert result.stdout == ""
