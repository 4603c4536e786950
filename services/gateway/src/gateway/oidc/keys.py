"""The provider's public keys: which of them are of use, and which fits a token."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

_MOST_KEYS = 50
_LEAST_RSA_BYTES = 256
_PARTS: dict[str, tuple[type[RSAKey] | type[ECKey] | type[OKPKey], tuple[str, ...]]] = {
    "RSA": (RSAKey, ("kty", "n", "e")),
    "EC": (ECKey, ("kty", "crv", "x", "y")),
    "OKP": (OKPKey, ("kty", "crv", "x")),
}
_MADE_FOR = {
    "RS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A public key; `kind` is its `kty` and `crv`, `algorithm` the one that it is kept for, if any."""

    kid: str | None
    kind: tuple[str, str | None]
    algorithm: str | None
    public: RSAKey | ECKey | OKPKey


def usable(given: Any) -> list[Key]:
    """The keys of a key set that sign by an algorithm of ours; ValueError if it is no key set.

    A key of a kind that we do not know is no reason to refuse the others.
    """
    if not isinstance(given, list) or len(given) > _MOST_KEYS:
        raise ValueError("not a key set")
    keys = (_key(each) for each in given if isinstance(each, dict))
    return [key for key in keys if key is not None]


def fitting(keys: Iterable[Key], algorithm: str, kid: str | None) -> Key | None:
    """The key of this id for this algorithm; without an id only if no other could be meant."""
    able = [
        key
        for key in keys
        if key.kind == _MADE_FOR[algorithm]
        and key.algorithm in {None, algorithm}
        and (kid is None or key.kid == kid)
    ]
    return able[0] if len(able) == 1 else None


def _key(given: dict[str, Any]) -> Key | None:
    """Only the public parts are looked at, whatever else the provider shows."""
    kty, kid, algorithm = given.get("kty"), given.get("kid"), given.get("alg")
    if not all(each is None or isinstance(each, str) for each in (kty, kid, algorithm)):
        return None
    if kty not in _PARTS or given.get("use", "sig") != "sig":
        return None
    make, names = _PARTS[kty]
    try:
        parts: Any = {name: str(given[name]) for name in names}
        if kty == "RSA" and len(_bytes(parts["n"])) < _LEAST_RSA_BYTES:
            return None
        public = make.import_key(parts)
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    return Key(kid, (kty, parts.get("crv")), algorithm, public)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).lstrip(b"\0")
