"""Signatures as Standard Webhooks has them: HMAC-SHA256 of id, timestamp and the exact bytes of the body.

Twenty lines of our own and not the library: it signs with one secret, parses its base64 anew each time, and
brings four packages into the service. The tests have it verify what is signed here.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from uuid import UUID

from shared.sealing import Sealer

PREFIX = "whsec_"
_PURPOSE = "webhook secret"
_BYTES = 32


def new_secret() -> bytes:
    """32 random bytes."""
    return os.urandom(_BYTES)


def shown(secret: bytes) -> str:
    """A secret as its receiver keeps it."""
    return PREFIX + base64.b64encode(secret).decode()


def sealed(sealer: Sealer, webhook_id: UUID, secret: bytes) -> bytes:
    """A secret as it is stored; it opens for this webhook only."""
    return sealer.seal(_PURPOSE, secret, webhook_id.bytes)


def opened(sealer: Sealer, webhook_id: UUID, stored: bytes) -> bytes:
    """The inverse of `sealed`; raises Unsealable."""
    return sealer.open(_PURPOSE, stored, webhook_id.bytes)


def signature(secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each secret that holds now."""
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    signed = (hmac.digest(secret, content, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signed)
