"""What of an ID token is believed: keys, algorithms and claims, each with all that can be wrong."""

import base64
import time
import warnings
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from gateway.oidc import id_token
from gateway.oidc.domain import Identity, Provider
from gateway.oidc.keys import Key, fitting, usable

from .oidc_issuer import CLIENT, made_key
from .test_oidc import encoded, none_at_all, signed_with_the_public_key

ISSUER, NONCE = "https://id.example.com", "n" * 43
ALL = frozenset({"RS256", "ES256", "EdDSA", "Ed25519"})


def provider(algorithms: frozenset[str] = ALL) -> Provider:
    return Provider(ISSUER, CLIENT, None, "https://us.example/cb", "openid", algorithms, "subject", False, ())  # noqa: FBT003 - in the order of the fields


def claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {"iss": ISSUER, "aud": CLIENT, "sub": "ada", "iat": now, "exp": now + 60, "nonce": NONCE, **other}
    return {name: value for name, value in found.items() if value is not ...}


def signed(key: Any, algorithm: str, said: dict[str, Any], **header: Any) -> str:
    head = {"alg": algorithm, "kid": key.kid, **header}
    kept = {name: value for name, value in head.items() if value is not ...}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(kept, said, key, algorithms=[algorithm], default_type=None)


async def read(token: str, *published: Any, believes: frozenset[str] = ALL) -> Identity | None:
    keys = usable(KeySet(list(published)).as_dict(private=False)["keys"])

    async def find(algorithm: str, kid: str | None) -> Key | None:
        return fitting(keys, algorithm, kid)

    return await id_token.read(token, find, provider(believes), nonce=NONCE, now=time.time())


RSA = made_key("RS256", "first")


@pytest.mark.parametrize("algorithm", sorted(ALL))
async def test_each_algorithm_is_believed_where_it_is_configured_and_nowhere_else(algorithm: str) -> None:
    key = made_key(algorithm, "of its own")
    token = signed(key, algorithm, claims())
    assert await read(token, RSA, key) == Identity("ada")
    assert await read(token, RSA, key, believes=ALL - {algorithm}) is None
    assert await read(token, RSA) is None


async def test_what_the_provider_says_of_the_person_is_read() -> None:
    said = claims(email=" li@example.com ", email_verified=True, preferred_username="li", name="李伟")
    assert await read(signed(RSA, "RS256", said), RSA) == Identity("ada", "li@example.com", "li", "李伟")
    odd = claims(email=7, email_verified=True, preferred_username=["li"], name="  ")
    assert await read(signed(RSA, "RS256", odd), RSA) == Identity("ada")


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": ...},
        {"iss": [ISSUER]},
        {"aud": "another client"},
        {"aud": []},
        {"aud": ...},
        {"aud": {CLIENT: 1}},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": ["another"], "azp": CLIENT},
        {"azp": "another"},
        {"exp": 1},
        {"exp": ...},
        {"exp": True},
        {"exp": "soon"},
        {"exp": None},
        {"iat": 1},
        {"iat": 9_999_999_999},
        {"iat": ...},
        {"nbf": 9_999_999_999},
        {"nbf": "now"},
        {"nonce": "of another sign-in"},
        {"nonce": ...},
        {"nonce": 1},
        {"nonce": "é"},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "阿达"},
        {"sub": "a\nb"},
    ],
)
async def test_a_wrong_claim_is_not_believed(wrong: dict[str, Any]) -> None:
    assert await read(signed(RSA, "RS256", claims(**wrong)), RSA) is None


async def test_a_token_for_several_parties_names_us_as_who_asked() -> None:
    several = claims(aud=["another", CLIENT], azp=CLIENT)
    assert await read(signed(RSA, "RS256", several), RSA) == Identity("ada")


@pytest.mark.parametrize(
    ("header", "good"),
    [
        ({"typ": "JWT"}, True),
        ({"typ": "jwt"}, True),
        ({"typ": "at+jwt"}, False),
        ({"typ": "logout+jwt"}, False),
        ({"typ": 7}, False),
        ({"crit": ["kid"]}, False),
        ({"kid": "unknown"}, False),
        ({"kid": ...}, True),
        ({"kid": 7}, False),
        ({"alg": ["RS256"]}, False),
        ({"alg": {}}, False),
        ({"alg": ...}, False),
        ({"x5c": ["A" * 3000]}, True),
        ({"jku": "http://127.0.0.1:9/", "x5u": "http://127.0.0.1:9/"}, True),
        ({"kid": "stranger", "jwk": made_key("RS256", "stranger").as_dict(private=False)}, False),
    ],
)
async def test_a_header_is_believed_only_as_far_as_it_names_a_known_key(
    header: dict[str, Any], good: bool
) -> None:
    head = {"alg": "RS256", "kid": RSA.kid, **header}
    signed_part = (
        f"{encoded({name: value for name, value in head.items() if value is not ...})}.{encoded(claims())}"
    )
    proof = RSA.private_key.sign(signed_part.encode(), PKCS1v15(), SHA256())
    token = f"{signed_part}.{base64.urlsafe_b64encode(proof).decode().rstrip('=')}"
    assert (await read(token, RSA) is not None) is good


@pytest.mark.parametrize(
    "token",
    [
        none_at_all(claims()),
        signed_with_the_public_key(claims()),
        signed(made_key("RS256", "stranger"), "RS256", claims(), kid="first"),
        signed(RSA, "RS256", claims(padding="x" * 20_000)),
        signed(RSA, "RS256", claims())[:-8],
        "",
        "a.b",
        "..",
        "W10.W10.W10",
        "é.é.é",
        "." * 5000,
    ],
)
async def test_a_forged_token_is_not_believed(token: str) -> None:
    assert await read(token, RSA) is None


async def test_without_an_id_a_key_is_found_only_where_no_other_could_be_meant() -> None:
    token = signed(RSA, "RS256", claims(), kid=...)
    assert await read(token, RSA, made_key("ES256", "other")) is not None
    assert await read(token, RSA, made_key("RS256", "second")) is None


def test_keys_of_no_use_are_left_out() -> None:
    good = RSA.as_dict(private=False)
    weak = {**good, "n": "AQAB" * 40}
    wrong: list[Any] = [
        weak,
        {**good, "use": "enc"},
        {**good, "kid": 7},
        {**good, "alg": []},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        {"kty": "RSA", "kid": "empty"},
        {"kty": "EC", "crv": "P-256", "x": "A", "y": "A"},
        {"kty": "OKP", "crv": "nothing", "x": "A"},
        {"kty": ["RSA"]},
        "nonsense",
        None,
    ]
    assert [key.kid for key in usable([*wrong, good])] == ["first"]


@pytest.mark.parametrize("given", [None, {}, "keys", [{}] * 51])
def test_what_is_no_key_set_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="not a key set"):
        usable(given)


def test_a_key_is_used_for_its_own_algorithm_only() -> None:
    keys = usable(
        KeySet([RSA, made_key("ES256", "curve"), made_key("EdDSA", "edwards")]).as_dict(private=False)["keys"]
    )
    assert fitting(keys, "RS256", "curve") is None
    assert fitting(keys, "ES256", "first") is None
    assert fitting(keys, "Ed25519", "edwards") is None
    assert fitting(keys, "EdDSA", "edwards") is not None
    public = [type(key.public) for key in keys]
    assert public == [RSAKey, ECKey, OKPKey]
    assert not any(key.public.is_private for key in keys)
