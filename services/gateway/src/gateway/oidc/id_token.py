"""Reading an ID token: a fixed set of algorithms, and keys found by id among the provider's own."""

import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jws import JWSRegistry

from gateway.oidc.domain import Identity, Provider, believed
from gateway.oidc.keys import Key
from shared.auth.headers import header_of

_MOST_BYTES = 16 * 1024
FindKey = Callable[[str, str | None], Awaitable[Key | None]]


class _Registry(JWSRegistry):
    """Parameters that we do not know are not looked at; certificates may make a header long."""

    max_header_length = 8 * 1024


async def read(token: str, find: FindKey, provider: Provider, *, nonce: str, now: float) -> Identity | None:
    """Whom a token speaks of, None unless everything about it is right.

    `jku`, `jwk`, `x5u` and `x5c` are not looked at; what must be understood (`crit`) is not.
    """
    header = header_of(token, most=_MOST_BYTES)
    if header is None or "crit" in header or str(header.get("typ", "JWT")).upper() != "JWT":
        return None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not (kid is None or isinstance(kid, str)):
        return None
    if algorithm not in provider.algorithms:
        return None
    key = await find(algorithm, kid)
    claims = None if key is None else _claims(token, key, algorithm)
    return None if claims is None else believed(claims, provider, nonce, now)


def _claims(token: str, key: Key, algorithm: str) -> dict[str, Any] | None:
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        with warnings.catch_warnings():
            # Providers go on calling Ed25519 by its older name, EdDSA.
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.decode(token, key.public, algorithms=[algorithm], registry=registry).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
