"""Actions in the form that the rest of the tap may rely on, whatever Trello answers.

Nobody has seen an action without a date, a type or data. Should there be one, it is read all the
same: a single odd action must not stop all others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from singer_rest import StopRun

from tap_trello.instants import instant_of, made_at, trello_time

__all__ = ["well_formed"]

Action = dict[str, Any]

EDITED = "dateLastEdited"


def well_formed(answer: Any, path: str) -> list[Action]:
    """The actions of a page.

    What lacks is filled in: as a date the second in the action's id. A time of an edit that can't
    be read is left out.

    Args:
        answer: what Trello has answered.
        path: what it was asked for, for messages.

    Raises:
        StopRun: when that is no list of actions, or one has neither a date nor an id that tells.
    """
    if not isinstance(answer, list) or not all(map(is_action, answer)):
        raise StopRun(f"Trello answers GET {path} with something that is no list of actions")
    return [each if is_whole(each) else completed(each, path) for each in answer]


def is_action(item: Any) -> bool:
    """Whether it has an id, without which there is no record."""
    return isinstance(item, dict) and isinstance(item.get("id"), str)


def is_whole(action: Action) -> bool:
    """Whether nothing lacks."""
    data = action.get("data")
    if not isinstance(data, dict) or not is_time(action.get("date")):
        return False
    is_edit_told = EDITED not in data or data[EDITED] is None or is_time(data[EDITED])
    return is_edit_told and "type" in action and "idMemberCreator" in action


def completed(action: Action, path: str) -> Action:
    """An action with all that lacks."""
    data, date = action.get("data"), action.get("date")
    data = dict(data) if isinstance(data, dict) else {}
    if EDITED in data and not is_time(data[EDITED]):
        del data[EDITED]
    if not is_time(date):
        made = made_at(action["id"])
        if made is None:
            raise StopRun(
                f"Trello answers GET {path} with an action without a date: {action['id']}"
            )
        date = trello_time(made)
    return {"type": None, "idMemberCreator": None, **action, "date": date, "data": data}


def is_time(value: Any) -> bool:
    """Whether it is a time with an offset, that one can count on from."""
    try:
        instant_of(value) + timedelta(days=1)
    except (AttributeError, OverflowError, TypeError, ValueError):
        return False
    return True
