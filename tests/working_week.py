"""What people do in both systems, so that a run has something of everything to carry over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.office import Office

Json = Any

START = "2026-03-02T09:00:00+01:00"
MOVED = "2026-03-05T14:30:00+01:00"


class WorkingWeek:
    """Two parts of a week: each leaves edits that a sync has to carry over.

    Anna, Bård and Camilla are users and members; the sync has Anna's token.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        members = {member["fullName"]: member for member in office.people()}
        users = [each for each in office.crm("GET", "/users") if each["fullName"] in members]
        self._users = users[:3]
        self._members = [members[user["fullName"]] for user in self._users]
        self._tokens = [office.box.token(member["username"]) for member in self._members]
        trusted = {self._members[0]["id"]: self._tokens[0]}
        for settings in (office.tap_trello, office.target_trello):
            settings["member_tokens"] = trusted

    def begin(self) -> None:
        """Records on both sides; some of them mean the same already."""
        office = self._office
        companies = [
            office.crm("POST", "/companies", name=name, website=website)
            for name, website in (
                ("Fjellvik Regnskap", "https://fjellvik.example"),
                ("Nordhavn Maling", None),
                ("Lysne Bakeri", "lysne.example"),
                ("Skog og Sag", None),
            )
        ]
        office.trello(
            "POST", "/organizations", displayName="Nordhavn Maling", website="http://n.example"
        )
        for name in ("Tind Transport", "Dal Torg"):
            office.trello("POST", "/organizations", displayName=name)
        self._contact("Åse", "Bøe", companies[0])
        self._contact("Liv", "Vik", companies[0])
        self._contact("Ola", "Vy", companies[1])
        self._contact("Ida Grønn", "Vik", companies[1])
        office.guest()
        for number in range(7):
            self._activity(f"Meeting {number}", number)
        card = office.shared_card()
        for number in range(5):
            self._comment(card, f"Comment {number}", number)

    def go_on(self) -> None:
        """Edits and deletions of what is linked by now, on both sides, and new records."""
        self._edit_in_crmoffice()
        self._edit_in_trello()

    def _edit_in_crmoffice(self) -> None:
        office = self._office
        companies = {each["name"]: each for each in office.companies()}
        contacts = {each["familyName"]: each for each in office.contacts()}
        activities = {each["subject"]: each for each in office.activities()}
        office.crm("PATCH", f"/companies/{companies['Lysne Bakeri']['id']}", name="Lysne Bakst")
        office.crm("PATCH", f"/companies/{companies['Nordhavn Maling']['id']}", website=None)
        office.crm("PATCH", f"/contacts/{contacts['Bøe']['id']}", familyName="Bø")
        for subject, change in (
            ("Meeting 0", {"startsAt": MOVED}),
            ("Meeting 1", {"ownerId": self._users[2]["userName"]}),
            ("Meeting 2", {"subject": "Meeting II"}),
            ("Comment 0", {"subject": "Comment 0, answered"}),
            ("Comment 2", {"startsAt": MOVED}),
            ("Meeting 6", {"subject": "Meeting VI"}),
        ):
            office.crm("PATCH", f"/activities/{activities[subject]['id']}", **change)
        for subject in ("Meeting 4", "Comment 3"):
            office.crm("DELETE", f"/activities/{activities[subject]['id']}")
        office.crm("DELETE", f"/companies/{companies['Skog og Sag']['id']}")
        office.crm("DELETE", f"/contacts/{contacts['Vy']['id']}")
        company = office.crm("POST", "/companies", name="Sjøbris Rederi")
        self._contact("Nora", "Lie", company)
        self._contact("Mads", "Lie", companies["Fjellvik Regnskap"])
        for number in range(7, 10):
            self._activity(f"Meeting {number}", number)

    def _edit_in_trello(self) -> None:
        office = self._office
        workspaces = {each["displayName"]: each for each in office.workspaces()}
        comments = {each["data"]["text"].partition("\n")[0]: each for each in office.comments()}
        path = f"/organizations/{workspaces['Tind Transport']['id']}"
        office.trello("PUT", path, displayName="Tind Transport og Flytting")
        office.trello(
            "PUT", f"{path}/members", email="per@example.com", fullName="Per Ås", type="normal"
        )
        office.trello("POST", "/organizations", displayName="Mo Gartneri")
        for text, old, new in (
            ("Meeting 2", r"Starts: .*", f"Starts: {MOVED}"),
            ("Meeting 3", r"Meeting 3", "Meeting III"),
        ):
            edited = re.sub(old, new, comments[text]["data"]["text"])
            token = self._token_of(comments[text])
            office.trello("PUT", f"/actions/{comments[text]['id']}", token=token, text=edited)
        for text, new in (("Comment 0", "Comment 0, why?"), ("Comment 1", "Comment I")):
            path = f"/actions/{comments[text]['id']}"
            office.trello("PUT", path, token=self._token_of(comments[text]), text=new)
        card = {"id": comments["Comment 1"]["data"]["card"]["id"]}
        for number in range(5, 8):
            self._comment(card, f"Comment {number}", number)
        for text in ("Meeting 5", "Meeting 6", "Comment 4"):
            token = self._token_of(comments[text])
            office.trello("DELETE", f"/actions/{comments[text]['id']}", token=token)
        office.trello("DELETE", f"/organizations/{workspaces['Dal Torg']['id']}")

    def _contact(self, given: str, family: str, company: Json) -> None:
        self._office.crm(
            "POST",
            "/contacts",
            givenName=given,
            familyName=family,
            email=f"{ascii_of(given)}.{ascii_of(family)}@example.no",
            company__id=company["id"],
        )

    def _activity(self, subject: str, number: int) -> None:
        self._office.crm(
            "POST",
            "/activities",
            subject=subject,
            startsAt=START,
            ownerId=self._users[number % 3]["id"],
        )

    def _comment(self, card: Json, text: str, number: int) -> None:
        path = f"/cards/{card['id']}/actions/comments"
        self._office.trello("POST", path, token=self._tokens[number % 3], text=text)

    def _token_of(self, comment: Json) -> str | None:
        by_id = {
            member["id"]: token for member, token in zip(self._members, self._tokens, strict=True)
        }
        return by_id.get(comment["idMemberCreator"])


def ascii_of(name: str) -> str:
    """A name as it stands in an address."""
    return name.lower().translate(str.maketrans("æøå ", "aoa."))
