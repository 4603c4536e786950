"""The provider's documents and keys: fetched when needed, kept through its failures."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.oidc.clients import Issuer
from gateway.oidc.domain import Provider
from shared.http.client import make_client
from shared.problems import Unauthenticated, Unavailable
from shared.testing.talking import eventually

from .oidc_issuer import CLIENT, REDIRECT, SECRET, LocalIssuer, made_key
from .test_oidc import Elsewhere, House, World, built, elsewhere, house, issuer, linked

__all__ = ["built", "elsewhere", "house", "issuer"]
DISCOVERY = "/.well-known/openid-configuration"
OLD, NEW = made_key("ES256", "old"), made_key("ES256", "new")


class Moment:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
async def known(issuer: LocalIssuer, moment: Moment) -> AsyncIterator[Issuer]:
    """What we know of the local issuer."""
    issuer.signing = ("ES256", OLD)
    issuer.published = [OLD]
    algorithms = frozenset({"ES256"})
    provider = Provider(
        issuer.url, CLIENT, SECRET, REDIRECT, "openid", algorithms, "subject", create=False, roles=()
    )
    async with make_client() as client:
        yield Issuer(provider, client, moment)


async def test_many_who_ask_at_once_cause_one_fetch(issuer: LocalIssuer, known: Issuer) -> None:
    await asyncio.gather(
        *(known.metadata() for _ in range(10)), *(known.key("ES256", "old") for _ in range(10))
    )
    assert issuer.hits == {DISCOVERY: 1, "/keys": 1}


async def test_who_leaves_while_waiting_does_not_break_the_fetch_off(
    issuer: LocalIssuer, known: Issuer
) -> None:
    issuer.stalled = asyncio.Event()
    leaving = asyncio.create_task(known.metadata())
    staying = asyncio.create_task(known.metadata())
    while not issuer.hits:  # noqa: ASYNC110 - the network rings no bell
        await asyncio.sleep(0.01)
    leaving.cancel()
    issuer.stalled.set()
    assert (await staying).token_endpoint.startswith(issuer.url)
    assert issuer.hits[DISCOVERY] == 1


async def test_a_new_key_is_found_while_the_old_one_is_still_good(
    issuer: LocalIssuer, known: Issuer, moment: Moment
) -> None:
    assert await known.key("ES256", "old")
    issuer.published = [OLD, NEW]
    moment.seconds += 31
    assert await known.key("ES256", "new")
    assert await known.key("ES256", "old")
    assert issuer.hits["/keys"] == 2
    issuer.published = [NEW]
    moment.seconds += 601
    assert await known.key("ES256", "old"), "known until the keys are fetched again, beside the request"

    async def forgotten() -> bool:
        return await known.key("ES256", "old") is None

    await eventually(forgotten)
    assert issuer.hits["/keys"] == 3
    assert await known.key("ES256", "new")


async def test_unknown_keys_lead_to_one_new_look_in_half_a_minute(
    issuer: LocalIssuer, known: Issuer, moment: Moment
) -> None:
    assert await known.key("ES256", "old")
    for number in range(20):
        assert await known.key("ES256", f"unknown {number}") is None
    assert issuer.hits["/keys"] == 1
    moment.seconds += 31
    found = await asyncio.gather(*(known.key("ES256", f"unknown {number}") for number in range(20)))
    assert found == [None] * 20
    assert issuer.hits["/keys"] == 2


async def test_keys_outlive_an_issuer_that_is_down(
    issuer: LocalIssuer, known: Issuer, moment: Moment
) -> None:
    assert await known.key("ES256", "old")
    for failing in ((500, b"{}"), (200, b"not json"), (200, b'{"keys": 7}'), (302, b"")):
        issuer.answers["/keys"] = failing
        moment.seconds += 700
        assert await known.key("ES256", "unknown") is None
        assert await known.key("ES256", "old")
        assert (await known.metadata()).token_endpoint.startswith(issuer.url)
    assert issuer.hits["/keys"] == 5


async def test_without_any_key_nobody_can_tell(issuer: LocalIssuer, known: Issuer, moment: Moment) -> None:
    issuer.answers["/keys"] = (503, b"{}")
    for _ in range(3):
        with pytest.raises(Unavailable):
            await known.key("ES256", "old")
    assert issuer.hits["/keys"] == 1
    del issuer.answers["/keys"]
    moment.seconds += 6
    assert await known.key("ES256", "old")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"{}"),
        (500, b""),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"issuer": "x"}' + b" " * 200_000),
        (200, b"[" * 100_000),
    ],
)
async def test_a_document_that_is_none_is_no_provider(
    issuer: LocalIssuer, known: Issuer, moment: Moment, status: int, body: bytes
) -> None:
    issuer.answers[DISCOVERY] = (status, body)
    for _ in range(3):
        with pytest.raises(Unavailable) as refused:
            await known.metadata()
        assert refused.value.code == "oidc_unavailable"
    assert issuer.hits[DISCOVERY] == 1
    del issuer.answers[DISCOVERY]
    moment.seconds += 6
    assert await known.metadata()


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": ...},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"token_endpoint": ...},
        {"jwks_uri": "http://10.0.0.1/keys"},
        {"jwks_uri": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://user@id.example/"},
        {"authorization_endpoint": "http://[::"},
    ],
)
async def test_a_document_with_a_wrong_address_is_not_believed(
    issuer: LocalIssuer, known: Issuer, wrong: dict[str, Any]
) -> None:
    issuer.metadata = wrong
    with pytest.raises(Unavailable):
        await known.metadata()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"error": "invalid_grant"}', Unauthenticated),
        (200, b'{"access_token": "x"}', Unauthenticated),
        (200, b'{"id_token": 7}', Unauthenticated),
        (200, b"[]", Unauthenticated),
        (302, b"{}", Unauthenticated),
        (500, b"{}", Unavailable),
        (200, b"nothing", Unavailable),
        (200, b'"' + b"x" * 200_000 + b'"', Unavailable),
    ],
)
async def test_a_trade_that_fails_says_whether_trying_again_helps(
    issuer: LocalIssuer, known: Issuer, status: int, body: bytes, expected: type[Exception]
) -> None:
    issuer.answers["/token"] = (status, body)
    with pytest.raises(expected):
        await known.id_token("code", "verifier")
    assert issuer.hits["/token"] == 1


async def test_at_a_provider_that_cannot_be_reached_nobody_starts(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    issuer.answers[DISCOVERY] = (500, b"")
    answer = await elsewhere().start()
    assert answer.status_code == 503
    assert answer.json()["code"] == "oidc_unavailable"
    assert answer.headers["retry-after"]
    assert "set-cookie" not in answer.headers
    gone = elsewhere(oidc_issuer="http://127.0.0.1:9")
    assert (await gone.start()).status_code == 503


async def test_a_sign_in_survives_a_provider_whose_documents_fail(
    world: World, house: House, issuer: LocalIssuer, elsewhere: Elsewhere
) -> None:
    browser = elsewhere()
    await linked(world, house)
    assert (await browser.signed_in()).status_code == 200
    issuer.answers |= {DISCOVERY: (500, b""), "/keys": (500, b"")}
    assert (await browser.signed_in()).status_code == 200
    issuer.answers["/token"] = (500, b"")
    answer = await browser.returned()
    assert answer.status_code == 503
    assert answer.json()["code"] == "oidc_unavailable"
