"""What the footers in Trello say: which comment stands for which activity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.office import Office

__all__ = ["assert_one_board", "comment_of_each_activity"]

FOOTER = re.compile(r"CRMOffice activity: (\w+)$")


def comment_of_each_activity(office: Office) -> dict[str, str]:
    """The comment's id by the activity's; each activity must have one, and no more."""
    found: dict[str, list[str]] = {}
    for comment in office.comments():
        named = FOOTER.search(comment["data"]["text"])
        if named:
            found.setdefault(named[1], []).append(comment["id"])
    assert sorted(found) == sorted(str(activity["id"]) for activity in office.activities())
    assert {activity: ids for activity, ids in found.items() if len(ids) > 1} == {}
    return {activity: ids[0] for activity, ids in found.items()}


def assert_one_board(office: Office) -> None:
    """The board for the comments was made once."""
    names = [board["name"] for board in office.trello("GET", "/members/me/boards")]
    assert names.count("CRMOffice") == 1
