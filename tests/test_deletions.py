"""What becomes of a record whose partner somebody deleted, through the shipped plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from linked_target.store.database import open_store
from singer_rest import SettingError, StopRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.office import Office

START = "2026-03-02T08:00:00Z"


@pytest.fixture
def pair(office: Office) -> dict[str, Any]:
    """An activity and its comment, both at rest."""
    office.crm("POST", "/activities", subject="Call", startsAt=START)
    office.crm("POST", "/activities", subject="Visit", startsAt=START)
    office.sync()
    (activity,) = [each for each in office.activities() if each["subject"] == "Call"]
    (comment,) = [each for each in office.comments() if "Call" in each["data"]["text"]]
    return {"activity": activity, "comment": comment}


def delete_activity(office: Office, pair: dict[str, Any]) -> None:
    office.crm("DELETE", f"/activities/{pair['activity']['id']}")
    office.states.pop("to-trello")  # so that this run reads everything


def delete_comment(office: Office, pair: dict[str, Any]) -> None:
    office.trello("DELETE", f"/actions/{pair['comment']['id']}")


def subjects(office: Office) -> set[str]:
    return {each["subject"] for each in office.activities()}


def texts(office: Office) -> set[str]:
    return {each["data"]["text"].splitlines()[0] for each in office.comments()}


def orphans(office: Office) -> list[tuple[Any, ...]]:
    """The system whose record is gone, and what is to be decided, of each orphaned link."""
    engine = open_store(office.links_url)
    with engine.connect() as connection:
        query = "SELECT gone, reason FROM links WHERE state = 'orphaned'"
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return found


def with_policy(office: Office, policy: str, **settings: Any) -> None:
    office.target_trello |= {"on_delete": policy, **settings}
    office.target_crmoffice |= {"on_delete": policy, **settings}


def assert_at_rest(office: Office) -> None:
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0


@pytest.mark.parametrize(
    ("delete", "gone"), [(delete_activity, "crmoffice"), (delete_comment, "trello")]
)
def test_by_default_the_survivor_of_a_deletion_stays_and_gets_no_new_partner(
    office: Office, pair: dict[str, Any], delete: Callable[..., None], gone: str
) -> None:
    delete(office, pair)
    office.sync()
    assert orphans(office) == [(gone, None)]
    before = subjects(office), texts(office)
    office.states.clear()
    assert_at_rest(office)
    assert (subjects(office), texts(office)) == before
    assert "Call" in subjects(office) | texts(office)


@pytest.mark.parametrize("delete", [delete_activity, delete_comment])
def test_with_delete_the_partner_of_a_deleted_record_is_deleted_too(
    office: Office, pair: dict[str, Any], delete: Callable[..., None]
) -> None:
    with_policy(office, "delete")
    delete(office, pair)
    office.sync()
    assert (subjects(office), texts(office)) == ({"Visit"}, {"Visit"})
    assert orphans(office) == []
    assert_at_rest(office)


@pytest.mark.parametrize("delete", [delete_activity, delete_comment])
def test_a_survivor_that_was_edited_since_is_not_deleted_and_waits_for_a_person(
    office: Office, pair: dict[str, Any], delete: Callable[..., None]
) -> None:
    with_policy(office, "delete")
    if delete is delete_activity:
        text = pair["comment"]["data"]["text"].replace("Call", "Call again")
        office.trello("PUT", f"/actions/{pair['comment']['id']}", text=text)
    else:
        office.crm("PATCH", f"/activities/{pair['activity']['id']}", subject="Call again")
    delete(office, pair)
    office.sync()
    assert "Call again" in subjects(office) | texts(office)
    ((_, reason),) = orphans(office)
    assert "edited after its partner was deleted" in reason
    assert_at_rest(office)


@pytest.mark.parametrize("policy", ["unlink", "delete"])
def test_more_deletions_than_allowed_stop_the_run_before_the_first(
    office: Office, pair: dict[str, Any], policy: str
) -> None:
    with_policy(office, policy, max_deletes=0)
    delete_activity(office, pair)
    with pytest.raises(StopRun, match="1 records are gone from crmoffice, and max_deletes is 0"):
        office.sync_to_trello()
    assert texts(office) == {"Call", "Visit"}
    assert orphans(office) == []


def test_what_is_deleted_may_differ_per_stream(office: Office, pair: dict[str, Any]) -> None:
    """A member who left a workspace is no reason to delete the contact."""
    guest = office.guest()
    office.sync()
    (contact,) = office.contacts()
    office.target_crmoffice["on_delete"] = {"activities": "delete"}
    office.trello("DELETE", f"/organizations/{office.workspaces()[0]['id']}/members/{guest['id']}")
    delete_comment(office, pair)
    office.sync_to_crmoffice()
    assert office.contacts() == [contact]
    assert [gone for gone, _ in orphans(office)] == ["trello"]
    assert subjects(office) == {"Visit"}


@pytest.mark.parametrize("setting", ["remove", {"activities": "remove"}, {"comments": "keep"}])
def test_a_policy_or_stream_that_does_not_exist_is_refused(
    office: Office, setting: str | dict[str, str]
) -> None:
    with pytest.raises(SettingError, match="setting 'on_delete'"):
        office.sync_to_crmoffice(on_delete=setting)


def test_a_dry_run_names_what_would_be_deleted_and_deletes_nothing(
    office: Office, pair: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with_policy(office, "delete")
    delete_activity(office, pair)
    with caplog.at_level("INFO", logger="linked_target.sync.journal"):
        office.sync_to_trello(dry_run=True)
    activity, comment = pair["activity"]["id"], pair["comment"]["id"]
    assert f"would delete activities to actions {activity} with {comment}" in caplog.messages
    assert texts(office) == {"Call", "Visit"}
