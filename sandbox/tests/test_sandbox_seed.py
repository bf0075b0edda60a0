from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.crm.rules import is_organisation_number
from sandbox.seed import plant
from sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    planted = Store(tmp_path_factory.mktemp("seed") / "sandbox.db")
    plant(planted, "full")
    yield planted
    planted.close()


def records(store: Store, kind: str) -> Records:
    return store.bodies("SELECT body FROM records WHERE kind = ? ORDER BY id", (kind,))


def actions(store: Store) -> Records:
    return store.bodies("SELECT body FROM actions ORDER BY at, id")


def test_the_seed_has_the_documented_numbers(store: Store) -> None:
    assert store.counts() == {
        "companies": 25,
        "contacts": 80,
        "users": 10,
        "activities": 200,
        "organization": 3,
        "member": 12,
        "board": 6,
        "list": 18,
        "card": 60,
        "action": 500,
        "label": 18,
        "customField": 15,
        "checklist": 18,
        "attachment": 12,
        "customFieldItem": 45,
    }


def test_the_seed_is_the_same_each_time(store: Store, tmp_path: Path) -> None:
    again = Store(tmp_path / "sandbox.db")
    plant(again, "full")
    for table in ("records", "actions", "memberships"):
        sql = f"SELECT * FROM {table}"  # noqa: S608 - a constant
        assert again.rows(sql) == store.rows(sql)
    again.close()


def test_every_organisation_number_has_a_valid_check_digit_and_occurs_once(store: Store) -> None:
    numbers = [company["orgNr"] for company in records(store, "companies")]
    assert all(map(is_organisation_number, numbers))
    assert len(set(numbers)) == 25


def test_actions_are_of_at_least_fifteen_types_and_a_fifth_are_comments(store: Store) -> None:
    kinds = Counter(action["type"] for action in actions(store))
    assert len(kinds) >= 15
    assert kinds["commentCard"] == 100
    assert kinds["copyCommentCard"] == 3


def test_some_actions_share_a_second_and_some_a_millisecond(store: Store) -> None:
    dates = [action["date"] for action in actions(store)]
    assert len(set(dates)) < len(dates)
    assert len({date[:19] for date in dates}) < len(set(dates))


def test_an_id_tells_the_second_of_creation_except_for_copied_comments(store: Store) -> None:
    for action in actions(store):
        created = store.value("SELECT at FROM actions WHERE id = ?", (action["id"],)) // 1000
        same = int(action["id"][:8], 16) == created
        assert same == (action["type"] != "copyCommentCard")


def test_no_full_name_occurs_twice_within_a_system(store: Store) -> None:
    for kind in ("users", "member"):
        names = [record["fullName"] for record in records(store, kind)]
        assert len(set(names)) == len(names)
    contacts = [(each["givenName"], each["familyName"]) for each in records(store, "contacts")]
    assert len(set(contacts)) == len(contacts)


def test_seven_users_and_two_contacts_are_members_as_well(store: Store) -> None:
    members = {member["fullName"] for member in records(store, "member")}
    users = {user["fullName"] for user in records(store, "users")}
    contacts = {f"{c['givenName']} {c['familyName']}" for c in records(store, "contacts")}
    assert len(users & members) == 7
    assert len(contacts & members) == 2


def test_two_workspaces_are_companies_by_website_and_by_name(store: Store) -> None:
    companies = records(store, "companies")
    workspaces = records(store, "organization")
    sites = {company["website"] for company in companies} - {None}
    names = {company["name"] for company in companies}
    assert sum(each["website"] in sites for each in workspaces) == 1
    assert sum(each["displayName"] in names for each in workspaces) == 1


def test_a_company_has_at_most_five_contacts_and_three_contacts_have_none(store: Store) -> None:
    counts = Counter((each["company"] or {}).get("id") for each in records(store, "contacts"))
    assert counts.pop(None) == 3
    assert max(counts.values()) <= 5


def test_the_data_has_nulls_long_texts_emoji_and_norwegian_letters(store: Store) -> None:
    activities = records(store, "activities")
    assert any(each["description"] is None for each in activities)
    assert any(len(each["description"] or "") > 1000 for each in activities)
    text = str(activities) + str(records(store, "companies")) + str(actions(store))
    assert all(letter in text for letter in "æøåÆØÅ🎉" if letter != "Æ")


def test_owners_are_ids_and_now_and_then_user_names_or_missing(store: Store) -> None:
    owners = [each["ownerId"] for each in records(store, "activities")]
    assert any(owner is None for owner in owners)
    assert any(owner and not owner.isdecimal() for owner in owners)
    assert sum(bool(owner and owner.isdecimal()) for owner in owners) > 150


def test_the_empty_seed_has_only_people_and_one_workspace(tmp_path: Path) -> None:
    empty = Store(tmp_path / "sandbox.db")
    plant(empty, "empty")
    assert empty.counts() == {"users": 10, "member": 12, "organization": 1, "action": 0}
    empty.close()
