"""The CRMOffice API as a FastAPI application with an OpenAPI page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from sandbox.crm import consent, contract, ledger, signin
from sandbox.crm.custom_fields import documented
from sandbox.crm.page import contract_page
from sandbox.crm.problems import ProblemError
from sandbox.crm.representation import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import BaseModel

    from sandbox.store import Record
    from sandbox.world import World

    Answer = Callable[[Request], Awaitable[Response]]

LARGEST_PAGE = 200
_DEFAULT_PAGE = 50
_LARGEST_NUMBER = 1_000_000
_TEXT = {"type": "string"}
_RESOURCES: dict[str, tuple[type[BaseModel], type[BaseModel], type[BaseModel]]] = {
    "companies": (contract.Company, contract.CompanyChange, contract.CompanyPage),
    "contacts": (contract.Contact, contract.ContactChange, contract.ContactPage),
    "activities": (contract.Activity, contract.ActivityChange, contract.ActivityPage),
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": contract.Problem} for status in (401, 404, 422, 429)
}


class CrmApp:
    """The API under ``/crmoffice`` and the sign-in under ``/crmoffice/auth``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.fastapi = FastAPI(
            title="CRMOffice (sandbox)",
            version="assumed",
            description=contract.__doc__ or "",
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
        )
        self._add_sign_in()
        for resource in _RESOURCES:
            self._add_resource(resource)
        self._add("GET", "/users", self._users, list[contract.User])
        self._add("GET", "/users/{id}", self._one("users"), contract.User)
        self.fastapi.add_api_route("/swagger", self._page, include_in_schema=False)
        self.fastapi.add_api_route("/openapi.json", self._document, include_in_schema=False)

    def _add_sign_in(self) -> None:
        async def authorize(request: Request) -> Response:
            return consent.ask(self._world, request)

        async def allow(request: Request) -> Response:
            return consent.answer(self._world, request, allowed=True)

        async def deny(request: Request) -> Response:
            return consent.answer(self._world, request, allowed=False)

        async def token(request: Request) -> Response:
            return await signin.token(self._world, request)

        add = self.fastapi.add_api_route
        add("/auth/connect/authorize", authorize, methods=["GET"], tags=["sign-in"])
        for path, chosen in (("allow", allow), ("deny", deny)):
            whole = f"/auth/connect/authorize/{path}"
            add(whole, chosen, methods=["GET"], include_in_schema=False)
        add("/auth/connect/token", token, methods=["POST"], tags=["sign-in"])

    def _add_resource(self, resource: str) -> None:
        record, change, whole_page = _RESOURCES[resource]
        one = f"/{resource}/{{id}}"
        self._add("GET", f"/{resource}", self._list(resource), whole_page)
        self._add("POST", f"/{resource}", self._create(resource), record, change=change, status=201)
        self._add("GET", one, self._one(resource), record)
        self._add("PATCH", one, self._patch(resource), record, change=change)
        self._add("DELETE", one, self._delete(resource), None, status=204)

    def _add(
        self,
        method: str,
        path: str,
        answer: Answer,
        model: Any,
        *,
        change: type[BaseModel] | None = None,
        status: int = 200,
    ) -> None:
        async def guarded(request: Request) -> Response:
            return await self._guard(request, answer)

        self.fastapi.add_api_route(
            path,
            guarded,
            methods=[method],
            name=f"{method.lower()} {path}",
            response_model=model,
            status_code=status,
            responses=_PROBLEMS,
            tags=[path.split("/")[1]],
            openapi_extra=_documented(method, path, change),
        )

    async def _guard(self, request: Request, answer: Answer) -> Response:
        try:
            self._admit()
            signin.demand_access(self._world, request.headers.get("authorization", ""))
            response = await answer(request)
        except ProblemError as problem:
            self._world.store.rollback()
            return problem.response()
        except BaseException:
            self._world.store.rollback()
            raise
        self._world.store.commit()
        return response

    def _admit(self) -> None:
        switches, windows = self._world.switches, self._world.crm_windows
        if switches.crm_quota is None:
            return
        length = switches.crm_window_ms
        if windows.count("crm", length) >= switches.crm_quota:
            wait = {"Retry-After": str(max(1, -(-length // 1000)))}
            raise ProblemError(429, "Too many requests.", headers=wait)
        windows.add("crm", length)

    def _list(self, resource: str) -> Answer:
        async def answer(request: Request) -> Response:
            query = request.query_params
            asked = ledger.Page(
                _number(query.get("page"), 1, "page"),
                min(_number(query.get("pageSize"), _DEFAULT_PAGE, "pageSize"), LARGEST_PAGE),
                query.get("updatedSince"),
            )
            records, total = ledger.page(self._world, resource, asked)
            return self._listed([shown(self._world, resource, each) for each in records], total)

        return answer

    def _listed(self, items: list[Record], total: int) -> Response:
        if self._world.switches.lists_as_bare_arrays:
            return _json(items)
        counted = {"totalCount": total} if self._world.switches.total_count else {}
        return _json({"items": items, **counted})

    def _one(self, resource: str) -> Answer:
        async def answer(request: Request) -> Response:
            record = ledger.find(self._world, resource, request.path_params["id"])
            return _json(shown(self._world, resource, record))

        return answer

    def _create(self, resource: str) -> Answer:
        async def answer(request: Request) -> Response:
            record = ledger.create(self._world, resource, await _body(request))
            response = _json(shown(self._world, resource, record), 201)
            response.headers["Location"] = f"{request.url.path}/{record['id']}"
            return response

        return answer

    def _patch(self, resource: str) -> Answer:
        async def answer(request: Request) -> Response:
            changes = await _body(request)
            record = ledger.patch(self._world, resource, request.path_params["id"], changes)
            return _json(shown(self._world, resource, record))

        return answer

    def _delete(self, resource: str) -> Answer:
        async def answer(request: Request) -> Response:
            ledger.delete(self._world, resource, request.path_params["id"])
            return Response(status_code=204)

        return answer

    async def _users(self, _: Request) -> Response:
        return _json([shown(self._world, "users", each) for each in ledger.users(self._world)])

    async def _page(self) -> HTMLResponse:
        return HTMLResponse(contract_page(self._contract()))

    async def _document(self, request: Request) -> Response:
        try:
            if self._world.switches.document_needs_sign_in:
                signin.demand_access(self._world, request.headers.get("authorization", ""))
        except ProblemError as problem:
            return problem.response()
        return _json({**self._contract(), "servers": [{"url": request.scope["root_path"]}]})

    def _contract(self) -> Record:
        plain = self.fastapi.openapi()
        return documented(plain) if self._world.switches.custom_fields else plain


async def _body(request: Request) -> Record:
    try:
        sent = msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise ProblemError(400, "The body is no JSON.") from error
    if not isinstance(sent, dict):
        raise ProblemError(400, "The body must be an object.")
    return sent


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _number(text: str | None, default: int, name: str) -> int:
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_NUMBER:
        raise ProblemError(400, "The query is invalid.", {name: ["Must be a positive number."]})
    return int(text)


def _documented(method: str, path: str, change: type[BaseModel] | None) -> dict[str, Any]:
    """Return what the OpenAPI page says of a route beyond its answers."""
    extra: dict[str, Any] = {}
    if path.endswith("{id}"):
        extra["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": _TEXT}]
    elif method == "GET" and path != "/users":
        extra["parameters"] = [
            {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
            {"name": "pageSize", "in": "query", "schema": {"type": "integer", "maximum": 200}},
            {"name": "updatedSince", "in": "query", "schema": {**_TEXT, "format": "date-time"}},
        ]
    if change is not None:
        content = {"application/json": {"schema": change.model_json_schema()}}
        extra["requestBody"] = {"required": True, "content": content}
    return extra
