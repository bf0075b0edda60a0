from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Client

Card = dict[str, Any]
LINK = {"url": "https://filer.example/a.pdf", "name": "A"}


def told(client: Client, card: Card, kind: str) -> dict[str, Any]:
    path = f"/cards/{card['id']}/actions"
    newest: dict[str, Any] = client.get(path, params={"filter": kind}).json()[0]
    return newest


def test_a_link_is_attached_to_a_card_with_an_action(trello: Client, card: Card) -> None:
    made = trello.post(f"/cards/{card['id']}/attachments", json=LINK).json()
    assert set(made) == {
        *("id", "bytes", "date", "edgeColor", "idMember", "isUpload", "mimeType"),
        *("name", "pos", "previews", "url", "fileName"),
    }
    assert made in trello.get(f"/cards/{card['id']}/attachments").json()
    action = told(trello, card, "addAttachmentToCard")
    assert action["data"]["attachment"] == {"id": made["id"], **LINK}
    shown = trello.get(f"/cards/{card['id']}").json()
    assert shown["badges"]["attachments"] == card["badges"]["attachments"] + 1
    assert shown["dateLastActivity"] == action["date"]


def test_an_attachment_is_removed_with_an_action_and_from_the_cover(
    trello: Client, card: Card
) -> None:
    path = f"/cards/{card['id']}/attachments"
    made = trello.post(path, json={**LINK, "setCover": True}).json()
    assert trello.get(f"/cards/{card['id']}").json()["idAttachmentCover"] == made["id"]
    assert trello.get(path, params={"filter": "cover", "fields": "url"}).json() == [
        {"id": made["id"], "url": LINK["url"]}
    ]
    assert trello.delete(f"{path}/{made['id']}").ok
    assert trello.get(f"/cards/{card['id']}").json()["idAttachmentCover"] is None
    assert made not in trello.get(path).json()
    action = told(trello, card, "deleteAttachmentFromCard")
    assert action["data"]["attachment"] == {"id": made["id"], "name": "A"}


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "https://a b"])
def test_an_attachment_is_a_web_address(trello: Client, card: Card, url: str) -> None:
    answer = trello.post(f"/cards/{card['id']}/attachments", json={"url": url})
    assert (answer.status_code, answer.text) == (400, "invalid value for url")


def test_an_attachment_of_another_card_is_not_found(trello: Client, card: Card) -> None:
    cards = trello.get(f"/boards/{card['idBoard']}/cards").json()
    other = next(each for each in cards if each["badges"]["attachments"])
    foreign = trello.get(f"/cards/{other['id']}/attachments").json()[0]["id"]
    assert other["id"] != card["id"]
    assert trello.delete(f"/cards/{card['id']}/attachments/{foreign}").status_code == 404
