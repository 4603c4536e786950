"""What nginx asks, and services: the keys to believe, fresh tokens for old ones; never published outside."""

import json
from urllib.parse import unquote

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.edge.check import Allowed, Check, Credentials
from gateway.edge.exchange import Exchange
from gateway.edge.schemas import ExchangeRequest, FreshToken, ServiceTokenRequest
from gateway.edge.speaking import Speaking
from gateway.keys.ring import KeyRing
from shared.auth import delegation, speaking
from shared.auth.signatures import SIGNATURE_HEADER, TIME_HEADER, believed
from shared.auth.tokens import HEADER, refused
from shared.http.errors import answer, internal_error
from shared.problems import Problem

router = APIRouter()
_MOST_EXCHANGE = 16 * 1024
_MOST_ASKED = 1024
_log = structlog.get_logger()


async def check(request: Request) -> Response:
    """200 with the service's name and the internal token, or 403 with the problem.

    The request asked about is in `X-Original-Method` and `X-Original-URI`; nginx alone may ask, and says in
    `X-Forwarded-For` whose connection it has. Its `auth_request` knows yes and no only and drops bodies, so a
    refusal has its true status in `X-Edge-Status` and the whole problem (JSON in ASCII) in `X-Edge-Problem`.
    `X-Accel-Expires` says for how many seconds a yes serves the same question again.
    """
    headers, decide = request.headers, request.state.check
    shown = Credentials(
        headers.get("authorization"), headers.get("x-api-key"), headers.get("x-forwarded-for")
    )
    path = unquote(headers.get("x-original-uri", "").partition("?")[0])
    try:
        allowed = await _decided(decide, headers.get("x-original-method", ""), path, shown)
    except Problem as problem:
        return _refusal(problem, request)
    request.state.told_elsewhere = True
    return _yes(allowed, seconds=request.state.check_seconds)


async def _decided(decide: Check, method: str, path: str, shown: Credentials) -> Allowed:
    try:
        return await decide(method, path, shown)
    except Problem:
        raise
    except Exception as error:  # noqa: BLE001 - the door answers, whatever fails behind it
        _log.error("check_failed", error=type(error).__name__)
        raise internal_error() from None


def _yes(allowed: Allowed, *, seconds: int) -> Response:
    granted = {
        **allowed.headers,
        "X-Service": allowed.service,
        "X-Accel-Expires": str(seconds if allowed.credential else 0),  # strangers are counted here only
        "Cache-Control": "no-store",
    }
    if allowed.token is not None:
        granted[HEADER] = allowed.token
    return Response(status_code=200, headers=granted)


def _refusal(problem: Problem, request: Request) -> Response:
    response = answer(problem, request)
    response.headers["X-Edge-Status"] = str(problem.status)
    response.headers["X-Edge-Problem"] = json.dumps(json.loads(bytes(response.body)))
    response.status_code = 403
    return response


async def internal_keys(request: Request) -> Response:
    """The key set by which services believe internal tokens."""
    ring: KeyRing = request.state.ring
    return JSONResponse(await ring.published("internal"), headers={"Cache-Control": "no-store"})


@router.post(delegation.PATH, include_in_schema=False, max_body_size=_MOST_EXCHANGE)
async def exchange(body: ExchangeRequest, request: Request, response: Response) -> FreshToken:
    """A fresh token for the one that the start of some work came with; 401 when there is none any more."""
    trade: Exchange = request.state.exchange
    response.headers["Cache-Control"] = "no-store"
    return FreshToken(token=await trade(body.token, body.audience))


@router.post(speaking.PATH, include_in_schema=False)
async def service_token(request: Request, response: Response) -> FreshToken:
    """A token for a service that asks for itself; 401 unless it is signed with the secret of both."""
    secret: bytes | None = request.state.service_secret
    body = await request.body()
    moment = request.headers.get(TIME_HEADER, "")
    signature = request.headers.get(SIGNATURE_HEADER, "")
    now = int(request.state.database.now().timestamp())
    if secret is None or len(body) > _MOST_ASKED or not believed(secret, body, moment, signature, now):
        raise refused()
    asked = ServiceTokenRequest.model_validate_json(body)
    give: Speaking = request.state.speaking
    response.headers["Cache-Control"] = "no-store"
    return FreshToken(token=await give(asked.service, asked.audience))


async def published_keys(ring: KeyRing) -> str:
    """The same key set as text, for services in this process."""
    return json.dumps(await ring.published("internal"))


router.add_route("/auth/check", check, methods=["GET"], include_in_schema=False)
router.add_route("/internal/jwks.json", internal_keys, methods=["GET"], include_in_schema=False)
