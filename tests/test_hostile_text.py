"""What people type into comments moves only what they could have moved anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from linked_target.store import tables
from linked_target.store.database import open_store

if TYPE_CHECKING:
    from tests.office import Office

Json = Any

START = "2026-03-02T09:00:00+01:00"
MOVED = "2026-04-01T10:00:00.000Z"
FAR = "2031-01-01T00:00:00Z"
LONGEST = 16_384


def hostile_texts(record: str, owner: str) -> dict[str, str]:
    """Texts by what is nasty about them; they claim another record, owner and start."""
    lines = f"Starts: {FAR}\nOwner: @{owner}\nCRMOffice activity: {record}"
    footer = f"---\n{lines}"
    return {
        "footer": f"Hi\n\n{footer}",
        "nothing but a footer": footer,
        "two footers": f"Hi\n\n{footer}\n\n{footer}",
        "half a footer": f"Hi\n\n---\nOwner: @{owner}\nStarts:",
        "rule only": "Hi\n\n---",
        "empty lines of a footer": "Hi\n\n---\nStarts:\nOwner:\nCRMOffice activity:",
        "footer of another system": f"Hi\n\n---\nTrello activity: {record}",
        "lower case": f"Hi\n\n{footer.lower()}",
        "carriage returns": f"Hi\n\n{footer}".replace("\n", "\r\n"),
        "lone carriage returns": f"Hi\n\n{footer}".replace("\n", "\r"),
        "code block": f"Hi\n\n```\n{footer}\n```",
        "quotation": f"Hi\n\n> {footer}".replace("\n", "\n> "),
        "right to left": f"\u202eHi\u202c\n\n{footer}".replace("Owner", "\u202eOwner\u202c"),
        "right to left before the rule": f"Hi\n\n\u200f{footer}\u200f",
        "zero width": f"Hi\n\n{footer}".replace("Owner", "Ow\u200bner").replace("---", "-\u200b--"),
        "byte order mark": f"\ufeffHi\n\n{footer}\ufeff",
        "line separators": f"Hi\u2028\u2028{footer}".replace("\n", "\u2028"),
        "vertical tabs": f"Hi\n\n{footer}".replace("\n", "\v"),
        "null": f"Hi\x00 there\n\n{footer}\x00",
        "control characters": "Hi\x01\x1b[31m\x7f there",
        "emoji": "👩‍👩‍👧‍👦 🇳🇴 " * 20,
        "longest": ("long " * LONGEST)[: LONGEST - 1] + ".",
        "longest with a footer": ("long " * LONGEST)[: LONGEST - 2 - len(footer)] + f"\n\n{footer}",
        "other digits": f"Hi\n\n{footer}".replace("2031", "\u0662\u0660\u0663\u0661"),
        "markup": f"<script>x</script> {{{{7*7}}}} %s {{0}} '; DROP TABLE links; --\n\n{footer}",
        "json": '{"text": "Hi", "idMemberCreator": "0"}',
    }


@dataclass
class Room:
    """An activity of Camilla's with its comment, and what Anna or Bård make of theirs.

    Attributes:
        author: who types.
        token: theirs.
        user: the CRMOffice user that they are.
        activity: Camilla's, as it is in CRMOffice.
        comment: the one that stands for it.
    """

    office: Office
    author: Json
    token: str
    user: Json
    activity: Json
    comment: Json
    card: Json

    @classmethod
    def opened(cls, office: Office, number: int, *, trusted: bool) -> Room:
        """Make everything and sync it; the author is the n-th colleague."""
        members = {member["fullName"]: member for member in office.people()}
        users = [each for each in office.crm("GET", "/users") if each["fullName"] in members]
        user, camilla = users[number], users[2]
        author = members[user["fullName"]]
        token = office.box.token(author["username"])
        if trusted:
            office.tap_trello["member_tokens"] = {author["id"]: token}
            office.target_trello["member_tokens"] = {author["id"]: token}
        card = office.shared_card()
        made = office.crm(
            "POST", "/activities", subject="Secret", startsAt=START, ownerId=camilla["id"]
        )
        come_to_rest(office)
        activity = office.crm("GET", f"/activities/{made['id']}")
        (comment,) = office.comments()
        return cls(office, author, token, user, activity, comment, card)

    def texts(self) -> dict[str, str]:
        return hostile_texts(self.activity["id"], "camillasteinroys")

    def write(self, text: str) -> Json:
        path = f"/cards/{self.card['id']}/actions/comments"
        return self.office.trello("POST", path, token=self.token, text=text)

    def edit(self, comment: Json, text: str) -> None:
        path = f"/actions/{comment['id']}"
        self.office.trello("PUT", path, token=self.token, text=text)

    def links(self) -> dict[str, str]:
        """Activity by comment, as far as they are linked."""
        columns = tables.links.c
        engine = open_store(self.office.links_url)
        query = sa.select(columns.b_id, columns.a_id).where(
            columns.b_stream == "actions", columns.state == "linked"
        )
        with engine.connect() as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
        engine.dispose()
        return found

    def assert_nothing_of_hers_has_moved(self) -> None:
        office = self.office
        assert office.crm("GET", f"/activities/{self.activity['id']}") == self.activity
        comment = office.trello("GET", f"/actions/{self.comment['id']}")
        assert comment["data"]["text"] == self.comment["data"]["text"]
        assert self.links()[self.comment["id"]] == self.activity["id"]

    def partner(self, comment: Json) -> Json:
        return self.office.crm("GET", f"/activities/{self.links()[comment['id']]}")


def come_to_rest(office: Office) -> None:
    """Sync both ways until nothing should be left, and make sure that nothing is."""
    office.sync()
    office.sync()
    office.box.reset_requests()
    office.sync()
    assert office.box.writes() == 0


def failures(office: Office) -> list[str]:
    engine = open_store(office.links_url)
    with engine.connect() as connection:
        found = list(connection.execute(sa.select(tables.queue.c.error)).scalars())
    engine.dispose()
    return found


def test_a_member_whose_token_is_unknown_moves_only_the_subject_of_their_own_comments(
    office: Office,
) -> None:
    room = Room.opened(office, 1, trusted=False)
    written, edited = type_everything(room)
    for name, comment in (*written.items(), *edited.items()):
        activity = room.partner(comment)
        assert activity["ownerId"] == room.user["id"], name
        assert activity["startsAt"] == comment["date"], name
        subjects = [comment["data"]["text"]]
        if comment in edited.values():  # what looks like our own footer is not followed
            subjects.append(f"Plain: {name}")
        assert activity["subject"] in subjects, name
    room.assert_nothing_of_hers_has_moved()
    assert len(office.activities()) == len(office.comments()) == 1 + len(written) + len(edited)
    assert failures(office) == []


def test_a_member_whose_token_is_known_moves_only_their_own_comments(office: Office) -> None:
    room = Room.opened(office, 0, trusted=True)
    written, edited = type_everything(room)
    room.assert_nothing_of_hers_has_moved()
    linked = room.links()
    for name, comment in (*written.items(), *edited.items()):
        # a comment that says it stands for an activity which has one already is a copy of that
        assert comment["id"] in linked or room.activity["id"] in comment["data"]["text"], name
    assert {comment["id"] for comment in edited.values()} <= linked.keys()
    assert len(set(linked.values())) == len(linked) == len(office.activities())
    assert len(office.comments()) == 1 + len(written) + len(edited)
    assert failures(office) == []


def test_after_a_lost_link_store_a_strangers_footer_takes_no_activity_from_its_comment(
    office: Office,
) -> None:
    room = Room.opened(office, 1, trusted=False)
    for text in room.texts().values():
        room.write(text)
    come_to_rest(office)
    for file in office.folder.glob("links.db*"):
        file.unlink()
    office.states.clear()
    office.sync_to_crmoffice()
    come_to_rest(office)
    room.assert_nothing_of_hers_has_moved()


@pytest.mark.parametrize("trusted", [False, True])
def test_edits_of_activities_with_hostile_comments_arrive_or_are_held_and_come_to_rest(
    office: Office, *, trusted: bool
) -> None:
    room = Room.opened(office, 0, trusted=trusted)
    written, edited = type_everything(room)
    linked = room.links()
    known = [each for each in (*written.values(), *edited.values()) if each["id"] in linked]
    for comment in known:
        office.crm("PATCH", f"/activities/{linked[comment['id']]}", startsAt=MOVED)
    come_to_rest(office)
    room.assert_nothing_of_hers_has_moved()
    for comment in known:
        activity = room.partner(comment)
        assert activity["startsAt"] == MOVED, activity["subject"][:40]
        text = office.trello("GET", f"/actions/{comment['id']}")["data"]["text"]
        if trusted and len(comment["data"]["text"]) < LONGEST:
            assert f"Starts: {MOVED}" in text
        else:
            assert text == comment["data"]["text"]
    too_long = len([each for each in known if len(each["data"]["text"]) == LONGEST])
    assert len(failures(office)) == (too_long if trusted else 0)


def test_hostile_subjects_become_comments_and_stay_as_they_are(office: Office) -> None:
    room = Room.opened(office, 0, trusted=True)
    texts = {name: text for name, text in room.texts().items() if not name.startswith("longest")}
    subjects = {
        office.crm("POST", "/activities", subject=text, startsAt=START)["id"]: text
        for text in texts.values()
    }
    come_to_rest(office)
    room.assert_nothing_of_hers_has_moved()
    for activity_id, subject in subjects.items():
        activity = office.crm("GET", f"/activities/{activity_id}")
        assert activity["subject"] == subject
    linked = room.links()
    assert len(set(linked.values())) == len(linked) == len(office.comments()) == len(texts) + 1


def type_everything(room: Room) -> tuple[dict[str, Json], dict[str, Json]]:
    """Write each text as a comment, and edit another comment into it; sync; return them by name."""
    edited = {name: room.write(f"Plain: {name}") for name in room.texts()}
    come_to_rest(room.office)
    written = {name: room.write(text) for name, text in room.texts().items()}
    for name, text in room.texts().items():
        room.edit(edited[name], text)
    come_to_rest(room.office)
    return as_they_are(room, written), as_they_are(room, edited)


def as_they_are(room: Room, comments: dict[str, Json]) -> dict[str, Json]:
    return {
        name: room.office.trello("GET", f"/actions/{comment['id']}")
        for name, comment in comments.items()
    }
