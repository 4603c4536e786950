"""Tokens that are not ours, or no longer good: 401, nothing fetched, nothing said."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import OKPKey

from shared.auth.headers import MOST_BYTES

from .oidc_issuer import LocalIssuer
from .test_oidc import issuer

__all__ = ["issuer"]


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "tonglu",
        "aud": "tonglu",
        "sub": "0196f0c0-0000-7000-8000-000000000001",
        "sid": "0196f0c0-0000-7000-8000-000000000002",
        "iat": now,
        "exp": now + 600,
        **other,
    }


async def ours(world: Any, header: dict[str, Any] | None = None, **other: Any) -> str:
    """A token signed with the gateway's own key; a claim given as None is left out."""
    key = await world.gateway._blueprint.carried["ring"].signing("access")
    wanted = {name: value for name, value in claims(**other).items() if value is not None}
    head = {"alg": "Ed25519", "kid": key.kid, "typ": "at+jwt", **(header or {})}
    return jwt.encode(head, wanted, key, algorithms=["Ed25519"])


async def subject_of(world: Any) -> dict[str, Any]:
    token = (await world.signed_in())["access_token"]
    body = token.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return {"sub": found["sub"], "sid": found["sid"]}


async def refused(world: Any, token: str) -> bool:
    with structlog.testing.capture_logs() as logs:
        answer = await world.client.get("/v1/customers/1", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401, answer.text
    said = [set(entry) for entry in logs if entry["event"] == "token_refused"]
    assert said == ([{"event", "key_id", "log_level"}] if len(token) < MOST_BYTES else [])
    assert not any(part in str(logs) for part in token.split(".") if len(part) > 20)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "token_invalid"
    assert not any(neighbour.seen for neighbour in world.neighbours.values())
    return token[:40] not in answer.text


async def test_our_own_token_is_good(world: Any) -> None:
    token = await ours(world, **await subject_of(world))
    answer = await world.client.get("/v1/customers/1", headers={"Authorization": f"bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iss": "elsewhere"},
        {"iss": None},
        {"aud": "customer-svc"},
        {"aud": None},
        {"sub": None},
        {"sid": None},
        {"sub": "not-a-uuid"},
        {"exp": "soon"},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(world: Any, other: dict[str, Any]) -> None:
    assert await refused(world, await ours(world, **{**await subject_of(world), **other}))


async def test_a_token_of_another_kind_is_refused(world: Any) -> None:
    assert await refused(world, await ours(world, {"typ": "internal+jwt"}, **await subject_of(world)))


async def test_an_unsigned_token_is_refused(world: Any) -> None:
    body = part(claims(**await subject_of(world)))
    assert await refused(world, f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{body}.")


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(world: Any) -> None:
    public = (await world.client.get("/.well-known/jwks.json")).json()["keys"][0]
    head = part({"alg": "HS256", "kid": public["kid"], "typ": "at+jwt"})
    signed = f"{head}.{part(claims(**await subject_of(world)))}"
    secret = base64.urlsafe_b64decode(public["x"] + "=")
    signature = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).decode()
    assert await refused(world, f"{signed}.{signature.rstrip('=')}")


@pytest.mark.parametrize("named", ["unknown", "ours", None])
@pytest.mark.parametrize("where", ["jku", "x5u"])
async def test_a_token_that_brings_its_own_key_is_refused_and_nothing_is_fetched(
    world: Any, issuer: LocalIssuer, where: str, named: str | None
) -> None:
    ours = (await world.client.get("/.well-known/jwks.json")).json()["keys"][0]["kid"]
    theirs = OKPKey.generate_key("Ed25519")
    head: dict[str, Any] = {"alg": "Ed25519", "typ": "at+jwt", where: f"{issuer.url}/keys"}
    if named is not None:
        head["kid"] = ours if named == "ours" else named
    if where == "x5u":
        head["jwk"] = theirs.as_dict(private=False)
    token = jwt.encode(head, claims(**await subject_of(world)), theirs, algorithms=["Ed25519"])
    assert await refused(world, token)
    assert not issuer.hits


async def test_a_token_of_another_signer_under_our_key_id_is_refused(world: Any) -> None:
    public = (await world.client.get("/.well-known/jwks.json")).json()["keys"][0]
    theirs = OKPKey.generate_key("Ed25519")
    head = {"alg": "Ed25519", "typ": "at+jwt", "kid": public["kid"]}
    token = jwt.encode(head, claims(**await subject_of(world)), theirs, algorithms=["Ed25519"])
    assert await refused(world, token)


async def test_the_internal_key_signs_no_access_token(world: Any) -> None:
    key = await world.gateway._blueprint.carried["ring"].signing("internal")
    head = {"alg": "Ed25519", "typ": "at+jwt", "kid": key.kid}
    token = jwt.encode(head, claims(**await subject_of(world)), key, algorithms=["Ed25519"])
    assert await refused(world, token)


async def test_an_overlong_token_is_refused(world: Any) -> None:
    token = await ours(world, **await subject_of(world), padding="x" * 9000)
    assert len(token) > 8 * 1024
    assert await refused(world, token)


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "é.é.é", "W10.W10.W10", "bnVsbA.e30.e30", "." * 5000])
async def test_what_is_no_token_at_all_is_refused(world: Any, token: str) -> None:
    answer = await world.client.get(
        "/v1/customers/1", headers=[(b"Authorization", b"Bearer " + token.encode())]
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic YWRtaW46YWRtaW4=", "Bearer  "])
async def test_another_scheme_is_refused(world: Any, authorization: str) -> None:
    answer = await world.client.get("/v1/customers/1", headers={"Authorization": authorization})
    assert answer.status_code == 401


async def test_nobody_is_asked_to_sign_in(world: Any) -> None:
    answer = await world.client.get("/v1/customers/1", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "请先登录，或提供密钥（X-API-Key）。"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
