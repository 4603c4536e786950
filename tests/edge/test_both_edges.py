"""What both edges promise: the same answer to the same question, and nothing of a caller's claims passes."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.edge.doors import EDGES, Doors, doors

from gateway.reach.commands import keep_distributors
from gateway.reach.domain import Place
from shared.auth.tokens import HEADER
from shared.testing import as_principal, staff

ID = "0198c5c0-0000-7000-8000-00000000000"
CUSTOMER = f"/v1/customers/{ID}1"


@pytest.fixture(scope="session")
async def both(service_database: Any) -> AsyncIterator[Doors]:
    async with doors(service_database("edge_gateway")) as there:
        yield there


@pytest.fixture(scope="session")
async def sales(both: Doors) -> dict[str, str]:
    return await both.hired("anna", "sales")


@dataclass(frozen=True)
class Asked:
    """A request and what either edge answers; nobody is signed in unless `signed_in`."""

    method: str
    path: str
    status: int
    code: str = ""
    signed_in: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)


def unsigned(algorithm: str, **header: str) -> str:
    """A token that says who it is, in a way that we do not believe."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    words = f"{part({'alg': algorithm, 'typ': 'at+jwt', **header})}.{part({'sub': ID, 'exp': 2**33})}"
    mac = hmac.digest(b"a public key", words.encode(), hashlib.sha256) if algorithm == "HS256" else b""
    return f"{words}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


GOOD = [
    Asked("GET", CUSTOMER, 200),
    Asked("POST", "/v1/orders/batch", 200),
    Asked("GET", f"{CUSTOMER}/timeline", 200),
    Asked("GET", "/v1/scores?tier=core&limit=5", 200),
    Asked("PATCH", f"/v1/reminders/{ID}4", 200),
    Asked("GET", f"/v1/operations/{ID}2", 200),
    Asked("GET", f"/v1/operations/{ID}e", 200),
    Asked("PUT", "/v1/customers/by-identity/wechat/o%58-1%E4%BD%A0", 200),
    Asked("GET", "/v1/auth/me", 200),
    Asked("GET", "/livez", 200, signed_in=False),
    Asked("GET", "/v1/visits.ics?token=mI5ZK0kqf3n0hVdYw3l9Xo7cR2uT8bJ4aE6gH1sPqLk", 200, signed_in=False),
    Asked("GET", "/docs", 200, signed_in=False),
    Asked("HEAD", "/openapi.json", 200, signed_in=False),
]
CHALLENGE = {"www-authenticate": 'Bearer realm="tonglu"'}
REFUSED = [
    Asked("GET", CUSTOMER, 401, "unauthenticated", signed_in=False, told=CHALLENGE),
    Asked("GET", CUSTOMER, 401, signed_in=False, headers=as_principal(staff("admin"), "customer-svc")),
    Asked("GET", f"/v1/operations/{ID}e", 401, "unauthenticated", signed_in=False, told=CHALLENGE),
    Asked("POST", "/v1/visits/feed", 401, "unauthenticated", signed_in=False, told=CHALLENGE),
    Asked("GET", "/v1/staff", 403, "permission_missing"),
    Asked("DELETE", "/v1/customers", 405, "method_not_allowed", told={"allow": "GET, POST"}),
    Asked("DELETE", "/v1/customers", 405, "method_not_allowed", signed_in=False),
    Asked("PUT", "/docs", 405, "method_not_allowed", told={"allow": "GET, HEAD"}),
    Asked("OPTIONS", CUSTOMER, 405, "method_not_allowed"),
    *(
        Asked("GET", path, 404, "no_such_path", signed_in=signed)
        for path in (
            "/auth/check",
            "/%61uth/check",
            "//auth/check",
            "/internal/jwks.json",
            "/internal/tokens",
            "/internal/interactions",
            "/metrics",
            "/v1/nothing",
            "/v1/customers/",
            "//v1/customers",
            "/v1/customers/../staff",
            "/v1/customers/%2e%2e/staff",
            f"{CUSTOMER}%2Ftimeline/x",
            "/V1/customers",
        )
        for signed in (True, False)
    ),
    Asked("POST", "/internal/tokens", 404, "no_such_path"),
    Asked("POST", "/internal/tokens", 404, "no_such_path", signed_in=False),
    *(
        Asked("POST", f"/internal/interactions/{deed}", 404, "no_such_path", signed_in=signed)
        for deed in ("load", "withdraw")
        for signed in (True, False)
    ),
    *(
        Asked("GET", CUSTOMER, 401, "token_invalid", signed_in=False, headers=headers, told=CHALLENGE)
        for headers in (
            bearer(unsigned("none")),
            bearer(unsigned("HS256")),
            bearer(unsigned("Ed25519", kid="unknown")),
            bearer(unsigned("Ed25519", kid="x", jku="http://127.0.0.1:1/keys")),
            bearer("a" * 9000),
            {"Authorization": "Bearer"},
            {"Authorization": "Basic YWRtaW46YWRtaW4="},
        )
    ),
    Asked("GET", CUSTOMER, 401, "two_credentials", headers={"X-API-Key": "tl_live_x"}),
    Asked("GET", f"{CUSTOMER}?q=" + "a" * 9000, 414, "address_too_long"),
    Asked("GET", CUSTOMER, 431, "headers_too_large", headers={"X-Long": "a" * 17_000}),
]


_ELSEWHERE = ip_network("127.1.0.0/16").hosts()
"""Each question comes from an address of its own: the wrong ones together are more than one may ask."""


async def answered(
    both: Doors, edge: str, asked: Asked, shown: dict[str, str], **more: str
) -> httpx.Response:
    async with both.client(edge, str(next(_ELSEWHERE))) as client:
        headers = {**(shown if asked.signed_in else {}), **more, **asked.headers}
        exactly = {"target": asked.path.encode()}
        return await client.request(asked.method, "/", headers=headers, extensions=exactly)


@pytest.mark.parametrize("asked", GOOD, ids=lambda asked: f"{asked.method} {asked.path[:40]}")
async def test_both_edges_let_the_same_through(both: Doors, sales: dict[str, str], asked: Asked) -> None:
    answers = [await answered(both, edge, asked, sales) for edge in EDGES]
    assert [answer.status_code for answer in answers] == [asked.status] * 2
    if answers[0].headers["content-type"] == "application/json" and "service" in answers[0].text:
        for name in ("service", "method", "path"):
            assert answers[0].json().get(name) == answers[1].json().get(name)


@pytest.mark.parametrize(
    "asked", REFUSED, ids=lambda asked: f"{asked.status} {asked.method} {asked.path[:40]}"
)
async def test_both_edges_refuse_with_the_same_words(
    both: Doors, sales: dict[str, str], asked: Asked
) -> None:
    heard = sum(service.heard for service in both.services.values())
    for language in ("zh-CN", "en"):
        given = {"Accept-Language": language, "X-Request-Id": "request-0007"}
        answers = [await answered(both, edge, asked, sales, **given) for edge in EDGES]
        for answer in answers:
            assert answer.status_code == asked.status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["content-language"] == language
            assert answer.headers["x-request-id"] == answer.json()["request_id"] == "request-0007"
            assert asked.code in {"", answer.json()["code"]}
            assert {name: answer.headers[name] for name in asked.told} == asked.told
        assert answers[0].json() == answers[1].json()
    assert sum(service.heard for service in both.services.values()) == heard


CLAIMS = {
    "X-Internal-Token": "forged",
    "X_Internal_Token": "forged",
    "X-Internal-Roles": "admin",
    "X-Auth-User": "admin",
    "X-Authenticated-User": "admin",
    "X-Remote-User": "admin",
    "X-Service": "gateway",
    "X-Edge-Status": "200",
    "X-Accel-Expires": "9999",
    "Forwarded": "for=10.0.0.1",
    "X-Forwarded-For": "10.0.0.1",
    "X_Forwarded_For": "10.0.0.1",
    "X-Forwarded-Host": "10.0.0.1",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Prefix": "/x",
    "X-Real-IP": "10.0.0.1",
    "X-Client-IP": "10.0.0.1",
    "True-Client-IP": "10.0.0.1",
    "X-Original-Method": "GET",
    "X-Original-URI": "/docs",
    "X-HTTP-Method-Override": "DELETE",
    "X-Rewrite-URL": "/docs",
    "Cookie": "session=1",
    "Connection": "keep-alive, X-Internal-Token, X-Forwarded-For, X-Request-Id",
    "TE": "trailers",
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_what_a_caller_claims_has_no_effect(
    both: Doors, sales: dict[str, str], edge: str, method: str
) -> None:
    sent = [*sales.items(), *CLAIMS.items(), *((name.lower(), value) for name, value in CLAIMS.items())]
    async with both.client(edge, "127.0.0.2") as client:
        plain = (await client.request(method, CUSTOMER, headers=sales)).json()["headers"]
        spoofed = (await client.request(method, CUSTOMER, headers=sent)).json()["headers"]
    told = dict(spoofed)
    assert sorted(name for name, _ in spoofed) == sorted(name for name, _ in plain)
    assert told["x-forwarded-for"] == "127.0.0.2"
    assert told["x-forwarded-proto"] == "http"
    assert told[HEADER] == dict(plain)[HEADER]


async def test_a_service_gets_the_same_from_both(both: Doors, sales: dict[str, str]) -> None:
    asked = Asked(
        "POST", "/v1/orders", 200, headers=dict.fromkeys(("Idempotency-Key", "If-Match", "X-Other"), "1")
    )
    told = [
        {name for name, _ in (await answered(both, edge, asked, sales)).json()["headers"]} for edge in EDGES
    ]
    assert told[0] == told[1]
    assert {"idempotency-key", "if-match", HEADER} <= told[0]
    assert not {"authorization", "x-other"} & told[0]


@pytest.mark.parametrize("edge", EDGES)
async def test_a_key_works_where_it_may_and_nowhere_else(both: Doors, edge: str) -> None:
    home = uuid4()
    async with both.gateway.database.begin() as tx:
        await keep_distributors(tx, [Place(home, None, "active", 1)])
    made = await both.made(
        "/v1/api-keys",
        {
            "name": "ERP",
            "distributor_id": str(home),
            "scopes": ["customers:read"],
            "networks": ["127.0.0.1/32"],
        },
    )
    key = {"X-API-Key": made["key"]}
    forged = {**key, "X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
    async with both.client(edge) as here, both.client(edge, "127.0.0.2") as there:
        for _ in range(2):
            assert (await here.get(CUSTOMER, headers=key)).status_code == 200
            assert (await there.get(CUSTOMER, headers=key)).status_code == 403
            assert (await there.get(CUSTOMER, headers=forged)).status_code == 403
            assert (await here.post("/v1/orders", headers=key, json={})).status_code == 403
            assert (await here.get("/v1/scores", headers=key)).status_code == 403


@pytest.mark.parametrize("edge", EDGES)
async def test_a_revoked_key_is_dead_within_seconds(both: Doors, edge: str) -> None:
    home = uuid4()
    async with both.gateway.database.begin() as tx:
        await keep_distributors(tx, [Place(home, None, "active", 1)])
    body = {"name": "ERP", "distributor_id": str(home), "scopes": ["customers:read"]}
    made = await both.made("/v1/api-keys", body)
    async with both.client(edge) as client:
        key = {"X-API-Key": made["key"]}
        assert (await client.get(CUSTOMER, headers=key)).status_code == 200
        gone = await client.delete(f"/v1/api-keys/{made['id']}", headers=both.admin)
        assert gone.is_success, gone.text
        async with asyncio.timeout(5):
            while (answer := await client.get(CUSTOMER, headers=key)).status_code == 200:  # noqa: ASYNC110 - only asking can tell
                await asyncio.sleep(0.05)
        assert answer.status_code == 401


@pytest.mark.parametrize("edge", EDGES)
async def test_an_event_leaves_before_the_next_one_comes(
    both: Doors, sales: dict[str, str], edge: str
) -> None:
    async with (
        both.client(edge) as client,
        client.stream("GET", "/v1/inbox/events", headers=sales) as answer,
    ):
        assert await anext(answer.aiter_lines()) == "data: first"


@pytest.mark.parametrize("edge", EDGES)
async def test_no_other_protocol_is_spoken(both: Doors, sales: dict[str, str], edge: str) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with both.client(edge) as client:
        answer = await client.get(CUSTOMER, headers={**sales, **upgrade})
    assert answer.status_code != 101
    assert answer.headers.get("upgrade") is None
