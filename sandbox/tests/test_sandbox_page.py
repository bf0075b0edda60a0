from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from sandbox.page import routes
from sandbox.page.partners import Partners, partners_in
from sandbox.page.rows import Row, found_rows, rows_of
from sandbox.page.sections import SECTIONS
from sandbox.page.setup import PageSetup
from sandbox.testing import RunningSandbox

STATIC = Path(routes.__file__).parent / "static"
ACTIVITIES, CONTACTS, COMPANIES, USERS = SECTIONS
PAIRED = {("activities", "actions"): {"1": "a" * 24}}
CRMOFFICE = {"id": "1", "subject": "Call", "updatedAt": "2026-01-02T00:00:00.000Z"}
TRELLO = {"id": "a" * 24, "date": "2026-01-01T00:00:00.000Z", "data": {"text": "Ring Åse"}}


def asked(box: RunningSandbox, section: str = "activities", **query: str) -> Any:
    answer = requests.get(f"{box.url}/page/rows", {"section": section, **query}, timeout=10)
    return answer.json()


def link_file(folder: Path, *links: tuple[str, str, str, str, str | None]) -> Path:
    """A file with the columns that the page reads: of each link streams, ids and what is gone."""
    path = folder / "links.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "CREATE TABLE links (a_system, b_system, a_stream, a_id, b_stream, b_id, gone)"
        )
        connection.executemany(
            "INSERT INTO links VALUES ('crmoffice', 'trello', ?, ?, ?, ?, ?)", links
        )
        connection.commit()
    return path


@pytest.mark.parametrize("path", ["/", "/look/crmoffice", "/look/trello"])
def test_the_page_is_at_its_address_and_at_the_older_ones(box: RunningSandbox, path: str) -> None:
    answer = requests.get(box.url + path, timeout=10)
    assert answer.url == f"{box.url}/"
    assert "<title>Sandbox: CRMOffice and Trello</title>" in answer.text


def test_the_page_needs_nothing_from_elsewhere() -> None:
    texts = [path.read_text() for path in STATIC.iterdir()]
    assert len(texts) >= 3
    addresses = {found for text in texts for found in re.findall(r"https?://[\w.-]+", text)}
    assert addresses <= {"http://www.w3.org"}  # the name of SVG, which nobody asks for


def test_each_file_that_the_page_names_is_served(box: RunningSandbox) -> None:
    page = requests.get(box.url, timeout=10).text
    named = re.findall(r'(?:href|src)="(/page/[^"]+)"', page)
    assert len(named) == 2
    for path in named:
        assert requests.get(box.url + path, timeout=10).ok


def test_without_a_file_of_links_both_sides_stand_apart_and_the_page_says_why(
    box: RunningSandbox,
) -> None:
    told = asked(box)
    assert "--links" in told["unknown"]
    assert not any(row["paired"] for row in told["rows"])
    assert all(row["crmoffice"] and row["trello"] for row in told["rows"])
    assert told["counts"] == {"crmoffice": 200, "trello": 100}


def test_a_pair_stands_in_one_row_and_a_record_without_a_partner_in_its_own(tmp_path: Path) -> None:
    with RunningSandbox(seed=True) as box:
        comment = asked(box)["rows"][0]["trello"]["id"]
    links = link_file(tmp_path, ("activities", "4001", "actions", comment, None))
    with RunningSandbox(seed=True, page=PageSetup(links=links)) as box:
        (pair,) = asked(box, id="4001")["rows"]
        (alone,) = asked(box, id="4002")["rows"]
        assert asked(box)["found"] == 299
    assert (pair["crmoffice"]["id"], pair["trello"]["id"]) == ("4001", comment)
    assert pair["paired"]
    assert (alone["trello"], alone["paired"]) == (None, False)


def test_rows_are_newest_first_whichever_side_changed() -> None:
    newer = {**TRELLO, "id": "b" * 24, "data": {"text": "", "dateLastEdited": "2026-01-03"}}
    rows = rows_of(ACTIVITIES, [CRMOFFICE], [TRELLO, newer], Partners(pairs=PAIRED))
    assert rows == [Row(None, newer, paired=False), Row(CRMOFFICE, TRELLO, paired=True)]


def test_a_link_whose_record_is_gone_leaves_the_other_without_a_partner() -> None:
    rows = rows_of(ACTIVITIES, [CRMOFFICE], [], Partners(pairs=PAIRED))
    assert rows == [Row(CRMOFFICE, None, paired=False)]


def test_a_members_partner_is_shown_in_one_section_only() -> None:
    member = {"id": "c" * 24, "fullName": "Anna"}
    user = {"id": "3001", "fullName": "Anna"}
    partners = Partners(pairs={("users", "members"): {"3001": member["id"]}})
    assert rows_of(USERS, [user], [member], partners) == [Row(user, member, paired=True)]
    assert rows_of(CONTACTS, [], [member], partners) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 1), ("åse", 1), ("call RING", 0), ("ring åse", 1), ("call", 1), ("nobody", 0), ("1", 1)],
)
def test_a_row_is_found_by_words_of_either_of_its_records(words: str, found: int) -> None:
    rows = [Row(CRMOFFICE, TRELLO, paired=True)]
    assert len(found_rows(ACTIVITIES, rows, words)) == found


def test_hundreds_of_records_come_in_pages(box: RunningSandbox) -> None:
    first, last = asked(box), asked(box, page="999")
    assert (first["page"], first["pages"], len(first["rows"])) == (1, 8, 25)
    assert (last["page"], last["found"]) == (8, 200)


def test_people_see_names_where_records_have_ids(box: RunningSandbox) -> None:
    (activity,) = [row["crmoffice"] for row in asked(box, id="4001")["rows"]]
    assert activity["shown"] == {"ownerId": "3001 (Anna Havblikksen)"}
    (contact,) = [row["crmoffice"] for row in asked(box, "contacts", id="2001")["rows"]]
    assert contact["shown"] == {"company.id": "1001 (Fjordlyskompaniet AS)"}


def test_people_sign_in_with_tokens_that_can_write(box: RunningSandbox) -> None:
    people = requests.get(f"{box.url}/page/start", timeout=10).json()["people"]
    names = [each["username"] for each in people]
    assert names == ["crmsync", "annahavblikk", "bardnordhei", "camillasteinroys"]


def test_links_are_read_and_never_changed(tmp_path: Path) -> None:
    path = link_file(
        tmp_path,
        ("activities", "1", "actions", "a", None),
        ("activities", "2", "actions", "b", "trello"),
        ("users", "3", "members", "c", None),
    )
    before = path.read_bytes()
    partners = partners_in(path)
    assert partners.pairs == {
        ("activities", "actions"): {"1": "a"},
        ("users", "members"): {"3": "c"},
    }
    assert partners.elsewhere(CONTACTS) == {"c"}
    assert path.read_bytes() == before


def test_a_file_of_links_that_is_missing_or_another_kind_of_file_is_told(tmp_path: Path) -> None:
    assert partners_in(tmp_path / "none.db").unknown == "Nothing has been synced yet."
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "other").write_text("no database, but long enough to be taken for one" * 50)
    assert "can't be read" in partners_in(tmp_path / "other").unknown
