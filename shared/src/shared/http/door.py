"""The door for HTTP: a route that checks the permission and commits before it answers."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, ClassVar

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from shared.auth import Principal
from shared.http import idempotency, masking, stays, testimony
from shared.http.dependencies import tells
from shared.http.visit import Visit
from shared.problems import FieldError, Forbidden, Malformed, NotFound, Unauthenticated, Unavailable

_SCOPES = "x-scopes"
_ASKS = "x-asks"
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def needs(*permissions: str, asks: Sequence[str] = ()) -> dict[str, Any]:
    """Route options that demand these permissions; OpenAPI shows them and the route enforces them.

    `asks` names the services that the work which this operation starts asks in the caller's name: the
    gateway reads it and gives a token with which that can go on beyond a minute (ADR 21).
    """
    return {"openapi_extra": {_SCOPES: list(permissions), **({_ASKS: list(asks)} if asks else {})}}


NO_SUCH_RECORD: dict[int | str, dict[str, Any]] = {404: {"description": ""}}
"""Route option `responses` of an operation whose body names a record that may not be there."""


def streams(event: str, data: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Route option `responses` of a stream of server-sent events: what they are called and carry."""
    told = {"event": event, "data": {"$ref": f"#/components/schemas/{data.__name__}"}}
    return {200: {"content": {"text/event-stream": {"x-event": told}}}}


def public(*refusals: int) -> dict[str, Any]:
    """Route options of an operation that anybody may call; `refusals` are statuses that OpenAPI adds."""
    return {
        "openapi_extra": {_SCOPES: [], "security": []},
        "responses": {status: {"description": ""} for status in refusals},
    }


def demand(principal: Principal, permissions: Iterable[str]) -> None:
    """Raise Forbidden, naming the first of these permissions that is missing."""
    for permission in permissions:
        if permission not in principal.permissions:
            raise Forbidden(
                "permission_missing",
                en=f"This needs the permission {permission}.",
                zh=f"此操作需要权限 {permission}。",
            )


class DoorRoute(APIRoute):
    """Commit happens after the answer is made and before it is sent; a raised problem rolls back.

    The audit is told of changes in their transaction, and of reads of personal data and refusals soon after.
    A handler takes `WriteTx`, or opens the visit's transaction itself, or takes `Witnessed` and tells itself.
    """

    opens_its_transaction: ClassVar[bool] = False

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        extra = self.openapi_extra or {}
        if _SCOPES not in extra:
            raise TypeError(f"{path} declares neither needs(...) nor public()")
        self.permissions: tuple[str, ...] = tuple(extra[_SCOPES])
        self.open_to_all = extra.get("security") == []
        self.deed = testimony.deed_of(self, self.permissions)
        if self.deed.changes and not (self.opens_its_transaction or tells(self.dependant)):
            raise TypeError(f"{path} takes neither WriteTx nor Witnessed: the audit must hear of its changes")

    def get_route_handler(self) -> _Handler:
        """The framework's handler, inside our door."""
        inner = super().get_route_handler()
        known = _query_names(self.dependant)
        visited = partial(_streamed if self.is_sse_stream else _within_deadline, inner=inner, route=self)

        async def handle(request: Request) -> Response:
            try:
                if not self.open_to_all:
                    self._admit(request)
                _refuse_unknown(request, known)
                names = _hidden_from(request)
                if not names:
                    return await visited(request)
                with masking.kept_hidden(request.query_params, names):
                    return await visited(request)
            except (Forbidden, NotFound) as problem:
                testimony.refused(request, self.deed, problem)
                raise

        return handle

    def _admit(self, request: Request) -> None:
        principal: Principal | None = request.state.principal
        if principal is None:
            raise Unauthenticated("unauthenticated", en="Sign in first.", zh="请先登录。")
        demand(principal, self.permissions)
        if self.deed.personal:
            request.state.journal.admit()


class Router(APIRouter):
    """A router whose routes are doors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=DoorRoute, **options)


class PatientRoute(DoorRoute):
    """A door that stays open for as long as a large file needs."""

    patience: ClassVar[float] = 600.0

    def get_route_handler(self) -> _Handler:
        """The door's handler under a longer deadline."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request.state.request_seconds = self.patience
            return await inner(request)

        return handle


class UploadRoute(PatientRoute):
    """One whose transaction begins (`dependencies.begin_visit`) after the file is here."""

    opens_its_transaction = True


def _hidden_from(request: Request) -> frozenset[str]:
    """The fields that the caller must not see."""
    principal: Principal | None = request.state.principal
    return frozenset() if principal is None else principal.masked


def _shown(request: Request, response: Response) -> Response:
    names = _hidden_from(request)
    return masking.hide(response, names) if names else response


async def _streamed(request: Request, inner: _Handler, route: DoorRoute) -> Response:
    response = _shown(request, await inner(request))
    if testimony.is_personal(request, route.deed):
        testimony.read(request, route.deed, response)
    return stays.kept_short(response, request.state.principal)


async def _within_deadline(request: Request, inner: _Handler, route: DoorRoute) -> Response:
    try:
        async with asyncio.timeout(request.state.request_seconds) as deadline:
            return await _visited(request, inner, route)
    except TimeoutError:
        if not deadline.expired():
            raise
        raise Unavailable("deadline", en="This took too long.", zh="处理超时。") from None


async def _visited(request: Request, inner: _Handler, route: DoorRoute) -> Response:
    with idempotency.once():
        async with AsyncExitStack() as stack:
            visit = request.state.visit = Visit(stack)
            response = await _answered(request, inner, visit)
            if visit.tx is not None and visit.replay is None:
                testimony.changed(request, route.deed, response, visit.tx)
    if testimony.is_personal(request, route.deed):
        testimony.read(request, route.deed, response)
    return response


async def _answered(request: Request, inner: _Handler, visit: Visit) -> Response:
    try:
        response = _shown(request, await inner(request))
    except idempotency.Replayed:
        if visit.replay is None:
            raise
        return _shown(request, visit.replay)
    if visit.tx is not None and visit.claim is not None:
        idempotency.keep(visit.tx, visit.claim, response, request.state.sealer)
    return response


def _query_names(dependant: Dependant) -> frozenset[str] | None:
    """The parameters that are known; None when a model takes any beside its own (`extra="allow"`).

    A name that ends with `[` stands for a family, of which the model judges each itself.
    """
    names: set[str] = set()
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            if model.model_config.get("extra") == "allow":
                return None
            names.update(info.alias or name for name, info in model.model_fields.items())
            names.update(getattr(model, "families", ()))
        else:
            names.add(field.alias)
    for part in dependant.dependencies:
        more = _query_names(part)
        if more is None:
            return None
        names |= more
    return frozenset(names)


def _refuse_unknown(request: Request, known: frozenset[str] | None) -> None:
    if known is None or not request.scope["query_string"]:
        return
    unknown = [
        name for name in request.query_params if name not in known and name[: name.find("[") + 1] not in known
    ]
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
