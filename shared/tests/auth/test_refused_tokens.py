"""What bad internal tokens get: no way in, nothing fetched for them, nothing logged but their key id."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from shared.auth.headers import MOST_BYTES, loggable
from shared.auth.tokens import ALGORITHM, ISSUER, TOKEN_TYPE, TokenVerifier, mint
from shared.http.client import keys_from
from shared.problems import Unauthenticated
from shared.testing.clients import jwks, signing_key, staff

STRANGER = OKPKey.generate_key("Ed25519", parameters={"kid": "stranger"})
CLAIM = "Zqclaim"
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)


@dataclass
class Shelf:
    """A server on this machine that shows the door's keys, and counts who asks for what."""

    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked[head.split()[1]] += 1
        body = jwks()
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    shelf = Shelf()
    server = await asyncio.start_server(shelf.serve, "127.0.0.1", 0)
    shelf.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield shelf


def claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": ISSUER, "aud": "svc", "sub": str(uuid4()), "iat": now, "exp": now + 60, "kind": "staff",
        "roles": ["admin"], "granted": [], "distributors": None, "holders": None, "unit": None,
        "masked": [], "said": CLAIM, **other,
    }  # fmt: skip


def signed(key: OKPKey = signing_key(), said: dict[str, Any] | None = None, **header: Any) -> str:  # noqa: B008 - the session's own
    head = {"alg": ALGORITHM, "kid": key.kid, "typ": TOKEN_TYPE, **header}
    return jwt.encode(head, said or claims(), key, algorithms=[ALGORITHM])


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def by_hand(header: dict[str, Any], proof: bytes = b"") -> str:
    signed_part = f"{encoded({'typ': TOKEN_TYPE, **header})}.{encoded(claims())}"
    signature = hmac.digest(proof, signed_part.encode(), hashlib.sha256) if proof else b""
    return f"{signed_part}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def public() -> dict[str, Any]:
    return signing_key().as_dict(private=False)


BAD = {
    "expired": signed(said=claims(exp=int(time.time()) - 60)),
    "of another audience": signed(said=claims(aud="other")),
    "for staff at the edge": signed(typ="at+jwt"),
    "unsigned": by_hand({"alg": "none", "kid": "test"}),
    "unsigned, in capitals": by_hand({"alg": "NONE", "kid": "test"}),
    "HS256 with the public key": by_hand(
        {"alg": "HS256", "kid": "test"}, base64.urlsafe_b64decode(str(public()["x"]) + "=")
    ),
    "HS256 with the key as JSON": by_hand({"alg": "HS256", "kid": "test"}, json.dumps(public()).encode()),
    "HS256 with the key as PEM": by_hand(
        {"alg": "HS256", "kid": "test"}, signing_key().as_pem(private=False)
    ),
    "of an unknown key": signed(STRANGER),
    "of a stranger under our key's id": signed(STRANGER, kid="test"),
    "with a key of its own": signed(STRANGER, jwk=STRANGER.as_dict(private=False)),
    "without a key's id": by_hand({"alg": ALGORITHM}),
    "with a list for an id": by_hand({"alg": ALGORITHM, "kid": ["test"]}),
    "with a list of algorithms": by_hand({"alg": [ALGORITHM], "kid": "test"}),
    "too long": signed(said=claims(padding="x" * MOST_BYTES)),
    "no header at all": "W10.W10.W10",
    "nested deeply": base64.urlsafe_b64encode(b"[" * 6000).decode() + ".e30.e30",
    "with a part too many": signed() + ".e30",
    "empty": "",
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD.keys())
async def test_a_bad_token_is_refused_and_only_its_key_id_is_logged(token: str) -> None:
    verifier = TokenVerifier("svc", jwks=jwks())
    assert await verifier.verify(signed())
    with structlog.testing.capture_logs() as logs, pytest.raises(Unauthenticated) as refused:
        await verifier.verify(token)
    assert str(refused.value) == "token_invalid: The credential is not valid or has expired."
    assert {frozenset(entry) for entry in logs} == {frozenset({"event", "key_id", "log_level"})}
    assert logs[0]["key_id"] in {None, "test", "stranger"}


async def test_for_bad_tokens_nothing_is_fetched(shelf: Shelf) -> None:
    verifier = TokenVerifier("svc", fetch=keys_from(f"{shelf.url}/ours"))
    theirs = f"{shelf.url}/theirs"
    pointing = [
        signed(STRANGER, jku=theirs),
        signed(STRANGER, x5u=theirs),
        signed(STRANGER, jku=theirs, kid="test"),
        signed(STRANGER, jku=theirs, kid=theirs),
    ]
    assert await verifier.verify(mint(staff("admin"), signing_key(), audience="svc"))
    for token in (*BAD.values(), *pointing):
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)
    assert shelf.asked == {"/ours": 1}


async def test_before_any_key_is_known_only_a_key_id_leads_to_a_look(shelf: Shelf) -> None:
    verifier = TokenVerifier("svc", fetch=keys_from(f"{shelf.url}/ours"))
    for name in ("unsigned", "too long", "no header at all", "HS256 with the public key", "empty"):
        with pytest.raises(Unauthenticated):
            await verifier.verify(BAD[name])
    assert not shelf.asked
    with pytest.raises(Unauthenticated):
        await verifier.verify(BAD["of an unknown key"])
    assert shelf.asked == {"/ours": 1}


@given(st.one_of(st.text(max_size=200), st.lists(st.text(max_size=60), min_size=3, max_size=3).map(".".join)))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        asyncio.run(TokenVerifier("svc", jwks=jwks()).verify(text))


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "zip"]), ODD))
def test_no_header_makes_a_forged_token_good(header: dict[str, Any]) -> None:
    forged = by_hand({"alg": ALGORITHM, "kid": "test", **header}, b"guessed")
    with pytest.raises(Unauthenticated):
        asyncio.run(TokenVerifier("svc", jwks=jwks()).verify(forged))


@pytest.mark.parametrize(
    ("kid", "logged"),
    [("rq2Hs_-9", True), ("13912345678@example.com", False), ("x" * 65, False), ("李伟", False), ("", False)],
)
def test_only_what_looks_like_a_key_id_of_ours_is_logged(kid: str, logged: bool) -> None:
    assert (loggable(kid) == kid) is logged
