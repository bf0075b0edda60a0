from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client
    from sandbox.testing import RunningSandbox


def test_a_list_has_items_and_a_count_and_users_are_a_bare_array(crm: Client) -> None:
    page = crm.get("/contacts", params={"page": 2, "pageSize": 30}).json()
    assert (len(page["items"]), page["totalCount"]) == (30, 80)
    assert len(crm.get("/users").json()) == 10


def test_a_page_has_at_most_two_hundred_records(crm: Client) -> None:
    crm.post("/activities", json={"subject": "one more"})
    page = crm.get("/activities", params={"pageSize": 1000}).json()
    assert (len(page["items"]), page["totalCount"]) == (200, 201)


def test_the_pages_of_a_list_hold_each_record_once_and_end(crm: Client) -> None:
    pages = [
        [each["id"] for each in crm.get("/contacts", params=query).json()["items"]]
        for query in ({"page": number, "pageSize": 30} for number in (1, 2, 3, 4))
    ]
    assert [len(page) for page in pages] == [30, 30, 20, 0]
    assert len({each for page in pages for each in page}) == 80


@pytest.mark.parametrize("query", [{"page": 0}, {"pageSize": "x"}, {"updatedSince": "later"}])
def test_a_wrong_query_is_refused(crm: Client, query: dict[str, Any]) -> None:
    answer = crm.get("/companies", params=query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == list(query)


def test_updated_since_is_inclusive_and_the_order_is_that_of_updates(crm: Client) -> None:
    first = crm.post("/activities", json={"subject": "first"}).json()
    second = crm.patch("/activities/4001", json={"subject": "second"}).json()
    query = {"updatedSince": first["updatedAt"]}
    items = crm.get("/activities", params=query).json()["items"]
    assert [each["id"] for each in items] == [first["id"], "4001"]
    assert first["updatedAt"] < second["updatedAt"]


def test_the_server_sets_id_and_times(crm: Client) -> None:
    wish = {"id": "1", "createdAt": "x", "updatedAt": "x", "name": "Ny AS", "own": {"x": 1}}
    created = crm.post("/companies", json=wish)
    assert created.status_code == 201
    assert created.json()["id"] == "1026"
    assert created.json()["createdAt"] == created.json()["updatedAt"]
    assert created.json()["own"] == {"x": 1}
    assert created.headers["location"].endswith("/companies/1026")


def test_an_id_is_never_given_twice(crm: Client) -> None:
    first = crm.post("/activities", json={"subject": "x"}).json()["id"]
    assert crm.delete(f"/activities/{first}").status_code == 204
    assert crm.get(f"/activities/{first}").status_code == 404
    assert crm.post("/activities", json={"subject": "x"}).json()["id"] != first


def test_a_nested_object_is_patched_property_by_property(crm: Client) -> None:
    before = crm.get("/companies/1001").json()
    after = crm.patch("/companies/1001", json={"postAddress": {"postCode": "9999"}}).json()
    assert after["postAddress"] == {**before["postAddress"], "postCode": "9999"}
    assert after["name"] == before["name"]


@pytest.mark.parametrize(
    ("resource", "sent", "wrong"),
    [
        ("companies", {}, "name"),
        ("companies", {"name": "X", "orgNr": "123456789"}, "orgNr"),
        ("companies", {"name": "X", "email": "x"}, "email"),
        ("companies", {"name": 5}, "name"),
        ("contacts", {"email": "x@y.example"}, "givenName"),
        ("contacts", {"givenName": "X", "company": {"id": "9"}}, "company.id"),
        ("contacts", {"givenName": "X", "company": "9"}, "company"),
        ("activities", {"subject": " "}, "subject"),
        ("activities", {"subject": "X", "startsAt": "tomorrow"}, "startsAt"),
        ("activities", {"subject": "X", "startsAt": "2026-13-01T00:00:00Z"}, "startsAt"),
        ("activities", {"subject": "X", "ownerId": "nobody"}, "ownerId"),
        ("activities", {"subject": "X", "contact": {"id": "9"}}, "contact.id"),
    ],
)
def test_a_wrong_record_is_a_problem_that_names_the_property(
    crm: Client,
    resource: str,
    sent: dict[str, Any],
    wrong: str,
) -> None:
    answer = crm.post(f"/{resource}", json=sent)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [wrong]


def test_a_refused_change_leaves_the_record_alone(crm: Client) -> None:
    before = crm.get("/activities/4001").json()
    assert crm.patch("/activities/4001", json={"subject": ""}).status_code == 422
    assert crm.get("/activities/4001").json() == before


def test_a_time_is_kept_as_an_instant(crm: Client) -> None:
    for sent in ("2026-03-01T10:00:00+01:00", "2026-03-01T09:00:00Z", "2026-03-01T10:00:00"):
        created = crm.post("/activities", json={"subject": "x", "startsAt": sent}).json()
        assert created["startsAt"] == "2026-03-01T09:00:00.000Z"


def test_an_owner_is_a_users_id_or_user_name(crm: Client) -> None:
    for owner in ("3001", "anna.havblikk"):
        created = crm.post("/activities", json={"subject": "x", "ownerId": owner}).json()
        assert created["ownerId"] == owner


def test_a_company_in_use_can_not_be_deleted(crm: Client) -> None:
    assert crm.delete("/companies/1001").status_code == 409


def test_ids_become_numbers_by_a_switch(box: RunningSandbox, crm: Client) -> None:
    box.switch(ids_as_numbers="on")
    contact = crm.get("/contacts/2001").json()
    assert (contact["id"], contact["company"]["id"]) == (2001, 1001)
    sent = {"givenName": "X", "company": {"id": 1001}}
    assert crm.post("/contacts", json=sent).json()["company"] == {"id": 1001}


@pytest.mark.parametrize(("owner", "digits"), [("id", True), ("userName", False)])
def test_owners_are_shown_one_way_by_a_switch(
    box: RunningSandbox,
    crm: Client,
    owner: str,
    digits: bool,
) -> None:
    box.switch(owner_id=owner)
    items = crm.get("/activities", params={"pageSize": 50}).json()["items"]
    assert {each["ownerId"].isdecimal() for each in items if each["ownerId"]} == {digits}


def test_times_lose_their_offset_by_a_switch(box: RunningSandbox, crm: Client) -> None:
    body = {"subject": "x", "startsAt": "2026-07-01T10:00:00Z"}
    created = crm.post("/activities", json=body).json()
    box.switch(naive_timestamps="on")
    shown = crm.get(f"/activities/{created['id']}").json()
    assert shown["startsAt"] == "2026-07-01T12:00:00.000"
    query = {"updatedSince": shown["updatedAt"]}
    assert len(crm.get("/activities", params=query).json()["items"]) == 1


def test_updated_since_is_ignored_by_a_switch(box: RunningSandbox, crm: Client) -> None:
    query = {"updatedSince": "2030-01-01T00:00:00Z"}
    assert crm.get("/companies", params=query).json()["totalCount"] == 0
    box.switch(updated_since="ignored")
    assert crm.get("/companies", params=query).json()["totalCount"] == 25


def test_lists_lose_their_count_or_their_object_by_a_switch(
    box: RunningSandbox,
    crm: Client,
) -> None:
    box.switch(total_count="off")
    assert set(crm.get("/companies").json()) == {"items"}
    box.switch(lists_as_bare_arrays="on")
    assert len(crm.get("/companies").json()) == 25


def test_a_quota_answers_429_with_retry_after(box: RunningSandbox, crm: Client) -> None:
    box.switch(crm_quota=1, crm_window_ms=3_600_000)
    assert crm.get("/users").ok
    refused = crm.get("/users")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")


def test_the_contract_has_a_page_and_a_document(crm: Client) -> None:
    document = crm.get("/openapi.json").json()
    paths = document["paths"]
    assert document["servers"] == [{"url": "/crmoffice"}]
    assert {"/companies", "/companies/{id}", "/users", "/auth/connect/token"} <= set(paths)
    page = crm.get("/swagger").text
    assert "/activities/{id}" in page
    assert "startsAt" in page
    assert "http://" not in page
    assert "https://" not in page


def test_no_two_changes_have_the_same_time(box: RunningSandbox, crm: Client) -> None:
    box.bulk(activities=150)
    query = {"pageSize": 200, "updatedSince": "2026-01-02T00:00:00Z"}
    times = [each["updatedAt"] for each in crm.get("/activities", params=query).json()["items"]]
    assert len(set(times)) == 150


def test_a_late_commit_has_an_earlier_time_than_what_was_visible_before(
    box: RunningSandbox, crm: Client
) -> None:
    prompt = crm.patch("/activities/4001", json={"status": "done"}).json()
    box.switch(commit_delay_ms=30_000)
    late = crm.patch("/activities/4002", json={"status": "done"}).json()
    created = crm.post("/activities", json={"subject": "late"}).json()
    box.switch(commit_delay_ms=0)
    next_one = crm.patch("/activities/4003", json={"status": "done"}).json()

    assert max(late["updatedAt"], created["updatedAt"]) < prompt["updatedAt"]
    assert prompt["updatedAt"] < next_one["updatedAt"]


def test_a_tenants_own_properties_are_in_records_and_in_the_document_by_a_switch(
    box: RunningSandbox, crm: Client
) -> None:
    plain = crm.get("/companies/1001").json()
    box.switch(custom_fields="on")

    company = crm.get("/companies/1001").json()
    models = crm.get("/openapi.json").json()["components"]["schemas"]

    assert "segment" not in plain
    assert company["segment"] == "Handel"
    assert set(company) - set(plain) == set(models["Company"]["properties"]) - set(plain)
    assert set(company["postAddress"]) == set(models["Address"]["properties"])
    assert crm.get("/activities/4001").json()["priority"] == 2
    box.switch(custom_fields="off")
    assert "segment" not in str(crm.get("/openapi.json").json())


def test_a_tenants_own_property_can_be_written(box: RunningSandbox, crm: Client) -> None:
    box.switch(custom_fields="on")
    crm.patch("/companies/1001", json={"segment": "Havbruk", "postAddress": {"municipality": "B"}})

    company = crm.get("/companies/1001").json()

    assert company["segment"] == "Havbruk"
    assert company["postAddress"]["municipality"] == "B"


def test_the_document_wants_a_sign_in_by_a_switch(box: RunningSandbox, crm: Client) -> None:
    box.switch(document_needs_sign_in="on")

    assert crm.get("/openapi.json").ok
    assert crm.get("/openapi.json", headers={"Authorization": ""}).status_code == 401
