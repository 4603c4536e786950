"""Sealing small values (cursors, stored answers) so that nobody outside can read or change them."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable
from functools import partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

_NONCE = 12


class Unsealable(ValueError):
    """The value was not sealed here for this purpose, or was changed."""


class Sealer:
    """AES-256-GCM under a key derived from the service's data key; `purpose` keeps uses apart."""

    def __init__(self, data_key: str) -> None:
        """`data_key` is base64 of at least 32 random bytes; ValueError otherwise."""
        self._root = base64.b64decode(data_key, validate=True)
        if len(self._root) < 32:  # noqa: PLR2004 - 256 bits
            raise ValueError("DATA_KEY must be base64 of at least 32 random bytes")
        self._ciphers: dict[str, AESGCM] = {}

    def _cipher(self, purpose: str) -> AESGCM:
        cipher = self._ciphers.get(purpose)
        if cipher is None:
            key = hmac.digest(self._root, purpose.encode(), hashlib.sha256)
            cipher = self._ciphers[purpose] = AESGCM(key)
        return cipher

    def derived(self, purpose: str) -> bytes:
        """A key of 32 bytes for a use of its own."""
        return hmac.digest(self._root, f"derived|{purpose}".encode(), hashlib.sha256)

    def digest(self, purpose: str, value: bytes) -> bytes:
        """A keyed hash (HMAC-SHA256): equal for equal values, useless to whoever lacks the data key."""
        key = hmac.digest(self._root, f"digest|{purpose}".encode(), hashlib.sha256)
        return hmac.digest(key, value, hashlib.sha256)

    def signer(self, purpose: str) -> Callable[[bytes], bytes]:
        """Signs (HMAC-SHA256) what must be known again; the key is derived once, for many values."""
        return partial(_signed, hmac.digest(self._root, f"sign|{purpose}".encode(), hashlib.sha256))

    def seal_alike(self, purpose: str, value: bytes) -> bytes:
        """Encrypt so that equal values stay equal (AES-SIV), and can be searched for."""
        return self._alike(purpose).encrypt(value, None)

    def open_alike(self, purpose: str, sealed: bytes) -> bytes:
        """The inverse of seal_alike; raises Unsealable."""
        try:
            return self._alike(purpose).decrypt(sealed, None)
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error

    def _alike(self, purpose: str) -> AESSIV:
        return AESSIV(hmac.digest(self._root, f"alike|{purpose}".encode(), hashlib.sha512))

    def seal(self, purpose: str, value: bytes, context: bytes = b"") -> bytes:
        """Encrypt; the same `context` must be given to open it."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher(purpose).encrypt(nonce, value, context)

    def open(self, purpose: str, sealed: bytes, context: bytes = b"") -> bytes:
        """Decrypt; raises Unsealable."""
        try:
            return self._cipher(purpose).decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error

    def seal_text(self, purpose: str, value: bytes, context: bytes = b"") -> str:
        """Sealed, as URL-safe text."""
        return base64.urlsafe_b64encode(self.seal(purpose, value, context)).decode().rstrip("=")

    def open_text(self, purpose: str, text: str, context: bytes = b"") -> bytes:
        """The inverse of seal_text; raises Unsealable."""
        try:
            sealed = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (ValueError, binascii.Error) as error:
            raise Unsealable from error
        return self.open(purpose, sealed, context)


def _signed(key: bytes, value: bytes) -> bytes:
    return hmac.digest(key, value, hashlib.sha256)
