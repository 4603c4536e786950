"""The check over HTTP for nginx, and the public half of the internal keys; never published outside."""

import json
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.edge.check import Check, Credentials
from gateway.keys.ring import KeyRing
from shared.auth.tokens import HEADER
from shared.http.errors import answer
from shared.problems import Problem

router = APIRouter()
_AS_403 = frozenset({401, 403})


async def check(request: Request) -> Response:
    """200 with the internal token and the service's name, or 401/403 with the problem.

    nginx's `auth_request` knows 2xx, 401 and 403 only, so another refusal comes as 403 whose
    `X-Edge-Status` names the true status. The request asked about is in `X-Original-URI`.
    """
    headers = request.headers
    decide: Check = request.state.check
    shown = Credentials(headers.get("authorization"), headers.get("x-api-key"))
    try:
        allowed = await decide(unquote(headers.get("x-original-uri", "").partition("?")[0]), shown)
    except Problem as problem:
        return _refusal(problem, request)
    granted = {"X-Service": allowed.service, "Cache-Control": "no-store"}
    if allowed.token is not None:
        granted[HEADER] = allowed.token
    return Response(status_code=200, headers=granted)


def _refusal(problem: Problem, request: Request) -> Response:
    response = answer(problem, request)
    response.headers["X-Edge-Status"] = str(problem.status)
    if problem.status not in _AS_403:
        response.status_code = 403
    return response


async def internal_keys(request: Request) -> Response:
    """The key set by which services believe internal tokens."""
    ring: KeyRing = request.state.ring
    return JSONResponse(await ring.published("internal"), headers={"Cache-Control": "no-store"})


async def published_keys(ring: KeyRing) -> str:
    """The same key set as text, for services in this process."""
    return json.dumps(await ring.published("internal"))


router.add_route("/auth/check", check, methods=["GET"], include_in_schema=False)
router.add_route("/internal/jwks.json", internal_keys, methods=["GET"], include_in_schema=False)
