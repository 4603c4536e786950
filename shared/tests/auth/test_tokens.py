"""Internal tokens: only fresh ones, signed by the door, for this service."""

import asyncio
import base64
import json
import time
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from shared.auth import Principal
from shared.auth.headers import MOST_BYTES
from shared.auth.permissions import GRANTABLE, ROLES
from shared.auth.tokens import (
    ALGORITHM,
    ISSUER,
    MOST_IDS,
    TOKEN_TYPE,
    Started,
    TokenVerifier,
    mint,
    read_started,
)
from shared.db import Scope
from shared.http.masking import MASKABLE
from shared.problems import Forbidden, Unauthenticated, Unavailable
from shared.testing.clients import jwks, signing_key, staff


def _claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER, "aud": "svc", "sub": str(uuid4()), "iat": now, "exp": now + 60,
        "kind": "staff", "roles": ["admin"], "granted": [], "distributors": None, "holders": None,
        "unit": None, "masked": [],
    }  # fmt: skip
    return {name: value for name, value in {**claims, **changes}.items() if value is not ...}


def _signed(key: OKPKey, claims: dict[str, object], **header: str) -> str:
    return jwt.encode(
        {"alg": ALGORITHM, "kid": "test", "typ": TOKEN_TYPE, **header}, claims, key, algorithms=[ALGORITHM]
    )


@pytest.mark.parametrize(
    "sent",
    [
        Principal(
            "partner",
            uuid4(),
            granted=frozenset({"orders:write"}),
            scope=Scope(frozenset({uuid4(), uuid4()})),
            masked=frozenset({"phone"}),
        ),
        Principal(
            "staff",
            uuid4(),
            roles=frozenset({"sales"}),
            scope=Scope(holders=frozenset({uuid4()})),
            unit=uuid4(),
        ),
        Principal("staff", uuid4(), scope=Scope(frozenset(), frozenset())),
    ],
)
async def test_the_principal_survives_the_journey(sent: Principal) -> None:
    token = mint(sent, signing_key(), audience="svc")
    verifier = TokenVerifier("svc", jwks=jwks())
    assert await verifier.verify(token) == sent
    assert await verifier.verify(token) == sent


async def test_the_widest_scope_fits_into_a_token_and_a_wider_one_is_refused() -> None:
    many = frozenset(uuid4() for _ in range(MOST_IDS))
    sent = Principal("staff", uuid4(), roles=frozenset(ROLES), scope=Scope(many))
    named = ["interaction-svc", "notify-svc", "scoring-svc"]
    token = mint(sent, signing_key(), audience="customer-svc", also=named, asks=named)
    assert len(token) < MOST_BYTES
    assert await TokenVerifier("customer-svc", jwks=jwks()).verify(token) == sent
    key = Principal(
        "partner", uuid4(), granted=GRANTABLE, scope=Scope(many), masked=frozenset(MASKABLE), home=uuid4()
    )
    token = mint(key, signing_key(), audience="customer-svc", also=named, asks=named)
    assert len(token) < MOST_BYTES
    assert await TokenVerifier("customer-svc", jwks=jwks()).verify(token) == key
    for scope in (Scope(many | {uuid4()}), Scope(holders=many | {uuid4()})):
        with pytest.raises(Forbidden, match="200"):
            mint(Principal("staff", uuid4(), scope=scope), signing_key(), audience="svc")


async def test_what_work_asks_is_said_beside_the_principal_and_otherwise_not_at_all() -> None:
    anna = staff("sales")
    asking = mint(anna, signing_key(), audience="svc", asks=["other"])
    assert await TokenVerifier("svc", jwks=jwks()).verify(asking) == anna
    started = read_started(asking, signing_key())
    assert (started.kind, started.id, started.asks) == ("staff", anna.id, {"other"})
    with pytest.raises(Unauthenticated):
        await TokenVerifier("other", jwks=jwks()).verify(asking)
    plain = mint(anna, signing_key(), audience="svc")
    assert not read_started(plain, signing_key()).asks
    assert "asks" not in jwt.decode(plain, signing_key(), algorithms=[ALGORITHM]).claims


def test_the_start_of_work_is_read_after_its_minute_and_says_when_it_was() -> None:
    who, then = uuid4(), int(time.time()) - 7200
    token = _signed(signing_key(), _claims(sub=str(who), iat=then, exp=then + 60, asks=["b", "c"]))
    assert read_started(token, signing_key()) == Started("staff", who, frozenset({"b", "c"}), then)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"}, {"iss": ...}, {"sub": ...}, {"sub": "nobody"}, {"iat": ...}, {"iat": "soon"},
        {"kind": ...}, {"asks": 7}, {"asks": [["other"]]}, {"asks": None},
    ],
)  # fmt: skip
def test_the_start_of_work_is_refused_with_wrong_claims(changes: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated, match="token_invalid"):
        read_started(_signed(signing_key(), _claims(**{"asks": ["other"], **changes})), signing_key())


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


async def test_those_who_come_while_the_first_keys_are_fetched_wait_for_them() -> None:
    key, may_answer = OKPKey.generate_key("Ed25519", parameters={"kid": "k"}), asyncio.Event()

    async def fetch() -> str:
        await may_answer.wait()
        return json.dumps(KeySet([key]).as_dict(private=False))

    verifier, people = TokenVerifier("svc", fetch=fetch), [staff("sales") for _ in range(3)]
    asking = [asyncio.create_task(verifier.verify(mint(each, key, audience="svc"))) for each in people]
    await asyncio.sleep(0)
    may_answer.set()
    assert await asyncio.gather(*asking) == people


async def test_without_any_keys_nobody_is_called_a_stranger() -> None:
    async def fetch() -> str:
        raise OSError

    verifier = TokenVerifier("svc", fetch=fetch)
    token = mint(staff("sales"), OKPKey.generate_key("Ed25519", parameters={"kid": "k"}), audience="svc")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await verifier.verify(token)
