"""Counting use and reporting it: nothing is counted twice, little is lost, only the signed is believed."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.auth import Principal, signatures
from shared.auth.tokens import TokenVerifier
from shared.http import Router, needs
from shared.http.application import create_app
from shared.http.frame import Frame
from shared.problems import Invalid
from shared.testing import as_principal, jwks, partner, staff
from shared.usage import INNER, Reporter, Tally, reports
from shared.usage.tally import Use

SECRET = b"of both"
NOW = 1_800_000_000
_ID = b"00000000-0000-0000-0000-000000000007"
_ONE = b'{"uses": [{"credential": "%s", "kind": "staff", "roles": [], "counts": [1, 0, 0]}]}' % _ID


def counted(tally: Tally) -> dict[UUID, tuple[int, int, int]]:
    return {use.credential: (use.calls, use.client_errors, use.server_errors) for use in tally.take()}


async def test_a_service_counts_what_it_answers_by_credential_and_status() -> None:
    router = Router(tags=["x"])

    async def answer(kind: str) -> dict[str, str]:
        if kind == "wrong":
            raise Invalid("wrong", en="", zh="")
        if kind == "broken":
            raise RuntimeError
        return {}

    router.add_api_route("/v1/{kind}", answer, operation_id="x", **needs())
    app = create_app(title="x", description="", version="1", routers=[router])
    carried = {"service": "x", "request_seconds": 5}
    frame = Frame(
        app, service="x", carried=carried, verifier=TokenVerifier("x", jwks=jwks()), max_in_flight=9
    )
    anna, key = staff("sales"), partner(uuid4(), "customers:read")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=frame), base_url="http://x") as client:
        for person, kind in ((anna, "right"), (anna, "wrong"), (anna, "broken"), (key, "right")):
            await client.get(f"/v1/{kind}", headers=as_principal(person, "x"))
        await client.get("/v1/right", headers={**as_principal(anna, "x"), INNER: "1"})
        assert (await client.get("/v1/right")).status_code == 401
    assert counted(frame.tally) == {anna.id: (3, 1, 1), key.id: (1, 0, 0)}
    assert counted(frame.tally) == {}


def used(tally: Tally, *, times: int = 1) -> Principal:
    anna = staff("sales")
    for _ in range(times):
        tally.count(anna, 404)
    return anna


class Gateway(httpx.AsyncBaseTransport):
    """What stands at the other end of a report."""

    def __init__(self) -> None:
        self.heard: list[Use] = []
        self.answer: int | Exception = 204

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if isinstance(self.answer, Exception):
            raise self.answer
        body, headers = await request.aread(), request.headers
        moment, signature = headers[signatures.TIME_HEADER], headers[signatures.SIGNATURE_HEADER]
        assert signatures.believed(SECRET, body, moment, signature, int(moment))
        if self.answer == 204:
            self.heard += reports.read(body)
        return httpx.Response(self.answer, request=request)


@pytest.mark.parametrize(
    ("failure", "kept"),
    [
        (httpx.ConnectError("refused"), True),
        (503, True),
        (httpx.ReadTimeout("may have arrived"), False),
        (401, False),
    ],
)
async def test_what_did_not_arrive_is_told_again_and_what_may_have_is_not(
    failure: int | Exception, *, kept: bool
) -> None:
    tally, gateway = Tally(), Gateway()
    async with httpx.AsyncClient(transport=gateway, base_url="http://gateway") as client:
        reporter = Reporter(tally, client, SECRET)
        anna = used(tally, times=3)
        gateway.answer = failure
        await reporter.send()
        tally.count(anna, 200)
        gateway.answer = 204
        await reporter.send()
    assert [(use.credential, use.roles) for use in gateway.heard] == [(anna.id, frozenset({"sales"}))]
    assert [use.calls for use in gateway.heard] == [4 if kept else 1]
    assert [use.client_errors for use in gateway.heard] == [3 if kept else 0]


async def test_many_credentials_are_told_in_parts() -> None:
    tally, gateway = Tally(), Gateway()
    for _ in range(4_001):
        used(tally)
    async with httpx.AsyncClient(transport=gateway, base_url="http://gateway") as client:
        await Reporter(tally, client, SECRET).send()
    assert len(gateway.heard) == 4_001


def test_a_tally_that_nobody_takes_does_not_grow_for_ever() -> None:
    tally = Tally(most=10)
    people = [used(tally) for _ in range(25)]
    tally.put_back([Use(people[-1].id, "staff", frozenset(), 5)])
    assert counted(tally) == {each.id: (1, 1, 0) for each in people[-10:-1]} | {people[-1].id: (6, 1, 0)}


def test_only_what_was_signed_with_the_secret_within_a_minute_is_believed() -> None:
    body = reports.written([Use(uuid4(), "staff", frozenset({"sales"}), 1)])
    headers = signatures.signed(SECRET, body, NOW)
    moment, signature = headers[signatures.TIME_HEADER], headers[signatures.SIGNATURE_HEADER]
    assert signatures.believed(SECRET, body, moment, signature, NOW + 59)
    assert not signatures.believed(SECRET, body, moment, signature, NOW + 61)
    assert not signatures.believed(SECRET, body, moment, signature, NOW - 61)
    assert not signatures.believed(b"another", body, moment, signature, NOW)
    assert not signatures.believed(SECRET, body + b" ", moment, signature, NOW)
    assert not signatures.believed(SECRET, body, str(NOW + 1), signature, NOW)
    for odd in ("", "-1", "1e9", "９", "9" * 5000):
        assert not signatures.believed(SECRET, body, odd, signature, NOW)
    assert not signatures.believed(SECRET, body, moment, "é", NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"uses": 7}',
        _ONE.replace(_ID, b"x"),
        _ONE.replace(b"[1, 0, 0]", b"[-1, 0, 0]"),
        _ONE.replace(b"[1, 0, 0]", b"[1, 0, 0, 0]"),
        b"[" * 100_000,
    ],
)
def test_nonsense_is_no_report(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a report"):
        reports.read(body)


def test_a_report_is_read_as_it_was_written() -> None:
    uses: list[Any] = [
        Use(uuid4(), "partner", frozenset(), 7, 2, 1),
        Use(uuid4(), "staff", frozenset("ab"), 1),
    ]
    assert reports.read(reports.written(uses)) == uses
    assert [use.calls for use in reports.read(_ONE)] == [1]
