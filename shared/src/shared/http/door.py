"""The door for HTTP: a route that checks the permission and commits before it answers."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from shared.auth import Principal
from shared.http import idempotency
from shared.http.visit import Visit
from shared.problems import FieldError, Forbidden, Malformed, Unauthenticated, Unavailable

_SCOPES = "x-scopes"


def needs(*permissions: str) -> dict[str, Any]:
    """Route options that demand these permissions; OpenAPI shows them and the route enforces them."""
    return {"openapi_extra": {_SCOPES: list(permissions)}}


NO_SUCH_RECORD: dict[int | str, dict[str, Any]] = {404: {"description": ""}}
"""Route option `responses` of an operation whose body names a record that may not be there."""


def public(*refusals: int) -> dict[str, Any]:
    """Route options of an operation that anybody may call; `refusals` are statuses that OpenAPI adds."""
    return {
        "openapi_extra": {_SCOPES: [], "security": []},
        "responses": {status: {"description": ""} for status in refusals},
    }


class DoorRoute(APIRoute):
    """Commit happens after the answer is made and before it is sent; a raised problem rolls back."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        extra = self.openapi_extra or {}
        if _SCOPES not in extra:
            raise TypeError(f"{path} declares neither needs(...) nor public()")
        self.permissions: tuple[str, ...] = tuple(extra[_SCOPES])
        self.open_to_all = extra.get("security") == []

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, inside our door."""
        inner = super().get_route_handler()
        known = _query_names(self.dependant)
        streams = self.is_sse_stream

        async def handle(request: Request) -> Response:
            if not self.open_to_all:
                self._admit(request)
            _refuse_unknown(request, known)
            if streams:
                return await inner(request)
            return await _within_deadline(request, inner)

        return handle

    def _admit(self, request: Request) -> None:
        principal: Principal | None = request.state.principal
        if principal is None:
            raise Unauthenticated("unauthenticated", en="Sign in first.", zh="请先登录。")
        for permission in self.permissions:
            if permission not in principal.permissions:
                raise Forbidden(
                    "permission_missing",
                    en=f"This needs the permission {permission}.",
                    zh=f"此操作需要权限 {permission}。",
                )


class Router(APIRouter):
    """A router whose routes are doors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=DoorRoute, **options)


async def _within_deadline(
    request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]
) -> Response:
    try:
        async with asyncio.timeout(request.state.request_seconds) as deadline:
            return await _visited(request, inner)
    except TimeoutError:
        if not deadline.expired():
            raise
        raise Unavailable("deadline", en="This took too long.", zh="处理超时。") from None


async def _visited(request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    with idempotency.once():
        async with AsyncExitStack() as stack:
            return await _answered(request, inner, stack)


async def _answered(
    request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]], stack: AsyncExitStack
) -> Response:
    visit = request.state.visit = Visit(stack)
    try:
        response = await inner(request)
    except idempotency.Replayed:
        if visit.replay is None:
            raise
        return visit.replay
    if visit.tx is not None and visit.claim is not None:
        idempotency.keep(visit.tx, visit.claim, response, request.state.sealer)
    return response


def _query_names(dependant: Dependant) -> frozenset[str]:
    names: set[str] = set()
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names.update(info.alias or name for name, info in model.model_fields.items())
        else:
            names.add(field.alias)
    for part in dependant.dependencies:
        names |= _query_names(part)
    return frozenset(names)


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    if not request.scope["query_string"]:
        return
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        errors = tuple(
            FieldError(f"?{name[:100]}", "unknown_parameter", "is not a known parameter", "是未知参数")
            for name in unknown[:20]
        )
        raise Malformed(
            "unknown_parameter",
            en="A query parameter is not known.",
            zh="存在未知的查询参数。",
            errors=errors,
        )
