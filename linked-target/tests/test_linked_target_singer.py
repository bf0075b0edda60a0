"""The SDK's target tests, the command line, and Singer messages beyond RECORD."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from linked_target import DestinationStream, Facts, LinkedTarget, linked_settings
from singer_sdk import typing as th
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.testing import get_target_test_class
from toy_bed import OFFICE_SCHEMAS, TO_TRELLO, messages
from toy_systems import TargetToyTrello

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from toy_bed import Bed

SDK_CONFIG = {"links_url": "sqlite://", "on_unknown_stream": "ignore"}


class TargetBare(LinkedTarget):
    """The least that a target has to say."""

    name = "target-bare"
    system = "bare"
    config_jsonschema: dict[str, Any] = linked_settings(
        th.PropertiesList(), default_source="crmoffice"
    )

    def open_streams(self, facts: Facts) -> Sequence[DestinationStream]:
        del facts
        return []


TestStandardTarget = get_target_test_class(TargetBare, config=SDK_CONFIG)


@pytest.mark.parametrize("option", ["--about", "--help", "--version"])
def test_the_command_line_answers(option: str) -> None:
    result = CliRunner().invoke(TargetBare.cli, [option])
    assert result.exit_code == 0


def test_a_wrong_setting_is_one_line_and_exit_1(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"on_error": "shrug", "links_url": "sqlite://"}))
    result = CliRunner().invoke(TargetBare.cli, ["--config", str(config)], input="")

    assert result.exit_code == 1


def test_failed_records_are_exit_1_after_state_or_exit_0_where_kept(
    bed: Bed, tmp_path: Path
) -> None:
    bed.trello["actions"].refuses = "too long"
    TargetToyTrello.tables = bed.trello
    config = tmp_path / "config.json"
    text = messages(OFFICE_SCHEMAS, {"activities": [{"id": "a1", "subject": "x"}]})
    for on_error, code in (("fail", 1), ("keep", 0)):
        settings = {"links_url": bed.url, "stream_maps": TO_TRELLO, "on_error": on_error}
        config.write_text(json.dumps(settings))
        result = CliRunner().invoke(TargetToyTrello.cli, ["--config", str(config)], input=text)

        assert result.exit_code == code
        assert '{"bookmarks": "here"}' in result.stdout


def test_a_record_before_its_schema_is_refused(bed: Bed) -> None:
    text = json.dumps({"type": "RECORD", "stream": "companies", "record": {"id": "1"}})
    with pytest.raises(RecordsWithoutSchemaException, match="came before its schema"):
        bed.run(TargetToyTrello, bed.trello, TO_TRELLO, text)


def test_a_full_read_by_the_tap_deletes_nothing(bed: Bed) -> None:
    bed.to_trello({"companies": [{"id": "1", "name": "Acme"}]})
    version = json.dumps({"type": "ACTIVATE_VERSION", "stream": "companies", "version": 2})
    text = messages(OFFICE_SCHEMAS, {}) + version
    bed.run(TargetToyTrello, bed.trello, TO_TRELLO, text)

    assert len(bed.trello["organizations"].records) == 1


def test_each_run_leaves_its_counts(bed: Bed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bed.office["companies"].put(id="1", name="Acme")
    bed.office["companies"].put(id="2", name="Beta")
    bed.trello["organizations"].put(id="o9", displayName="Acme")
    bed.to_trello()
    assert "companies to organizations: 2 read, 1 created, 1 matched" in caplog.text
    bed.to_trello()
    assert "companies to organizations: 2 read, 2 unchanged" in caplog.text

    counts = [json.loads(row[0]) for row in bed.rows("SELECT counts FROM runs ORDER BY id")]
    of_companies = [next(each[2] for each in run if each[0] == "companies") for run in counts]
    assert of_companies[0]["created"] == 1
    assert of_companies[1]["unchanged"] == 2
