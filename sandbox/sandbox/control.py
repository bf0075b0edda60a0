"""The control routes under ``/sandbox``, for tests and for people."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from sandbox import clock, credentials
from sandbox.bulk import add_activities, add_comments
from sandbox.crm.signin import access_token
from sandbox.faults import Fault
from sandbox.trello.object_ids import is_id
from sandbox.trello.planting import Wish, plant
from sandbox.trello.tokens import grant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from sandbox.world import World

    Action = Callable[[dict[str, Any]], Any]


class Control:
    """What the control routes do."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Return the routes, relative to ``/sandbox``."""
        table: list[tuple[str, str, Action]] = [
            ("GET", "/status", self._status),
            ("GET", "/requests", lambda _: self._world.traffic.counts()),
            ("POST", "/requests/reset", self._reset_requests),
            ("GET", "/log", lambda _: self._world.traffic.log()),
            ("POST", "/reset", self._reset),
            ("GET", "/switches", lambda _: self._world.switches),
            ("POST", "/switches", self._world.switch),
            ("GET", "/faults", lambda _: self._world.faults.listed()),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/tokens", self._tokens),
            ("POST", "/members/{id}/token", self._member_token),
            ("GET", "/invitations", self._invitations),
            ("POST", "/quotas/reset", self._reset_quotas),
            ("POST", "/crm/token", self._crm_token),
            ("POST", "/bulk", self._bulk),
            ("POST", "/trello/actions", self._plant_actions),
        ]
        return [Route(path, _endpoint(action), methods=[method]) for method, path, action in table]

    def _status(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"pid": os.getpid(), "records": self._world.store.counts()}

    def _reset_requests(self, _: dict[str, Any]) -> dict[str, Any]:
        self._world.traffic.reset()
        return {}

    def _reset(self, sent: dict[str, Any]) -> dict[str, Any]:
        seed = sent.get("seed", "full")
        if seed not in {"full", "empty"}:
            raise ValueError("seed is full or empty")
        self._world.reset(seed)
        return {"seed": seed}

    def _reset_quotas(self, _: dict[str, Any]) -> dict[str, Any]:
        self._world.windows.clear()
        self._world.crm_windows.clear()
        return {}

    def _add_fault(self, sent: dict[str, Any]) -> list[Fault]:
        self._world.faults.add(msgspec.convert(sent, Fault))
        return self._world.faults.listed()

    def _clear_faults(self, _: dict[str, Any]) -> dict[str, Any]:
        self._world.faults.clear()
        return {}

    def _tokens(self, _: dict[str, Any]) -> list[dict[str, Any]]:
        sql = (
            "SELECT tokens.id, tokens.member, records.name, scopes FROM tokens JOIN records"
            " ON records.kind = 'member' AND records.id = tokens.member ORDER BY records.name"
        )
        names = ("id", "idMember", "username", "scopes")
        return [dict(zip(names, row, strict=True)) for row in self._world.store.rows(sql)]

    def _member_token(self, sent: dict[str, Any]) -> dict[str, str]:
        store, name = self._world.store, sent["id"]
        member = store.get("member", name) if is_id(name) else store.named("member", name)
        if member is None:
            raise ValueError("no such member")
        secret = f"{credentials.TRELLO_TOKEN_PREFIX}{member['username']}"
        seconds = msgspec.convert(sent.get("expires_in"), float | None)
        expires = None if seconds is None else clock.now_ms() + round(seconds * 1000)
        grant(store, secret, member["id"], sent.get("scopes", "read,write,account"), expires)
        store.commit()
        return {"token": secret, "idMember": member["id"]}

    def _invitations(self, _: dict[str, Any]) -> list[dict[str, str]]:
        rows = self._world.store.rows("SELECT email, organization, at FROM invitations ORDER BY at")
        return [
            {"email": email, "organization": organization, "at": clock.iso(at)}
            for email, organization, at in rows
        ]

    def _crm_token(self, sent: dict[str, Any]) -> dict[str, str]:
        return {"access_token": access_token(self._world, sent.get("lifetime"))}

    def _bulk(self, sent: dict[str, Any]) -> dict[str, int]:
        owners = msgspec.convert(sent.get("owners", []), list[str])
        add_activities(self._world, int(sent.get("activities", 0)), owners)
        add_comments(self._world, int(sent.get("comments", 0)))
        self._world.store.commit()
        return self._world.store.counts()

    def _plant_actions(self, sent: dict[str, Any]) -> dict[str, Any]:
        wishes = msgspec.convert(sent.get("actions", [sent]), list[Wish])
        try:
            ids = plant(self._world.store, wishes)
        except ValueError:
            self._world.store.rollback()
            raise
        self._world.store.commit()
        return {"ids": ids} if "actions" in sent else {"id": ids[0]}


def _endpoint(action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.body()
            sent = msgspec.json.decode(body, type=dict[str, Any]) if body else {}
            return _json(action({**sent, **request.path_params}))
        except (ValueError, msgspec.ValidationError) as error:
            return _json({"error": str(error)}, 400)

    return endpoint


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
