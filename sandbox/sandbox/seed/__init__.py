"""The data that a sandbox starts with: made up, and the same each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sandbox import credentials
from sandbox.seed import crm, history, parts, people, workspaces
from sandbox.trello.tokens import grant

if TYPE_CHECKING:
    from sandbox.store import Store

_EXPIRED_AT = 1_735_689_600_000  # 2025-01-01


def plant(store: Store, seed: Literal["full", "empty"]) -> None:
    """Replace everything in the store by the seed.

    Args:
        store: the state.
        seed: ``empty`` has only the users, the members, their tokens and one
            workspace with nothing in it.
    """
    store.clear()
    crm.plant_users(store)
    people.plant_members(store)
    _plant_tokens(store)
    if seed == "full":
        crm.plant_records(store)
        places = workspaces.plant_workspaces(store)
        history.plant_actions(store, places)
        parts.plant_parts(store, places)
    else:
        workspaces.plant_empty_workspace(store)
    store.write("INSERT INTO refresh_tokens VALUES (?)", (credentials.CRM_REFRESH_TOKEN,))
    store.keep_setting("seed", seed)
    store.commit()


def _plant_tokens(store: Store) -> None:
    sync = people.MEMBERS[people.SYNC].id
    grant(store, credentials.TRELLO_TOKEN, sync)
    grant(store, credentials.TRELLO_TOKEN_READONLY, sync, scopes="read")
    grant(store, credentials.TRELLO_TOKEN_EXPIRED, sync, expires=_EXPIRED_AT)
    for username in people.WITH_TOKEN:
        secret = f"{credentials.TRELLO_TOKEN_PREFIX}{username}"
        grant(store, secret, people.MEMBERS[username].id)
