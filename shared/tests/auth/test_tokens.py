"""Internal tokens: only fresh ones, signed by the door, for this service."""

import base64
import json
import time
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from shared.auth import Principal
from shared.auth.tokens import ALGORITHM, ISSUER, TOKEN_TYPE, TokenVerifier, mint
from shared.db import Scope
from shared.problems import Unauthenticated
from shared.testing.clients import jwks, signing_key, staff


def _claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER, "aud": "svc", "sub": str(uuid4()), "iat": now, "exp": now + 60,
        "kind": "staff", "roles": ["admin"], "granted": [], "distributors": None,
    }  # fmt: skip
    return {name: value for name, value in {**claims, **changes}.items() if value is not ...}


def _signed(key: OKPKey, claims: dict[str, object], **header: str) -> str:
    return jwt.encode(
        {"alg": ALGORITHM, "kid": "test", "typ": TOKEN_TYPE, **header}, claims, key, algorithms=[ALGORITHM]
    )


async def test_the_principal_survives_the_journey() -> None:
    sent = Principal(
        "partner", uuid4(), granted=frozenset({"orders:write"}), scope=Scope(frozenset({uuid4()}))
    )
    token = mint(sent, signing_key(), audience="svc")
    verifier = TokenVerifier("svc", jwks=jwks())
    assert await verifier.verify(token) == sent
    assert await verifier.verify(token) == sent


async def test_a_token_may_be_handed_on_to_the_services_that_it_names() -> None:
    token = mint(staff("admin"), signing_key(), audience="svc", also=["other"])
    for audience in ("svc", "other"):
        assert await TokenVerifier(audience, jwks=jwks()).verify(token)
    with pytest.raises(Unauthenticated):
        await TokenVerifier("third", jwks=jwks()).verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"}, {"iss": "somebody"}, {"exp": int(time.time()) - 60}, {"exp": ...}, {"sub": ...},
        {"aud": ...}, {"iat": ...}, {"sub": "nobody"}, {"roles": None}, {"kind": ...},
    ],
)  # fmt: skip
async def test_wrong_or_missing_claims_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated):
        await TokenVerifier("svc", jwks=jwks()).verify(_signed(signing_key(), _claims(**changes)))


async def test_foreign_keys_and_algorithms_are_refused() -> None:
    verifier = TokenVerifier("svc", jwks=jwks())
    stranger = OKPKey.generate_key("Ed25519", parameters={"kid": "test"})
    public = json.dumps(signing_key().as_dict(private=False)).encode()
    symmetric = jwt.encode(
        {"alg": "HS256", "kid": "test", "typ": TOKEN_TYPE}, _claims(), OctKey.import_key(public)
    )
    parts = [
        base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=")
        for p in ({"alg": "none"}, _claims())
    ]
    for token in (
        _signed(stranger, _claims()),
        _signed(signing_key(), _claims(), typ="at+jwt"),
        _signed(signing_key(), _claims(), kid="unknown"),
        symmetric,
        f"{parts[0]}.{parts[1]}.",
        "x" * 9000,
        "",
        "a.b.c",
    ):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)


async def test_an_unknown_key_is_fetched_once_and_known_ones_outlive_a_failing_fetch() -> None:
    fetched: list[int] = []
    old, new = (OKPKey.generate_key("Ed25519", parameters={"kid": kid}) for kid in ("old", "new"))

    async def fetch() -> str:
        fetched.append(1)
        if len(fetched) > 1:
            raise OSError
        return json.dumps(KeySet([old]).as_dict(private=False))

    verifier = TokenVerifier("svc", fetch=fetch)
    someone = staff("admin")
    assert await verifier.verify(mint(someone, old, audience="svc")) == someone
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await verifier.verify(mint(someone, new, audience="svc"))
    assert await verifier.verify(mint(staff("sales"), old, audience="svc"))
    assert len(fetched) == 1
