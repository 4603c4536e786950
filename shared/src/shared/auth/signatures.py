"""What services say to the gateway without a caller: signed with a secret of both, good for a minute."""

import hashlib
import hmac

TIME_HEADER = "x-internal-time"
SIGNATURE_HEADER = "x-internal-signature"
_FRESH_SECONDS = 60


def signed(secret: bytes, body: bytes, moment: int) -> dict[str, str]:
    """The headers that prove where a body comes from; `moment` in seconds since 1970."""
    return {
        "content-type": "application/json",
        TIME_HEADER: str(moment),
        SIGNATURE_HEADER: _signature(secret, body, str(moment)),
    }


def believed(secret: bytes, body: bytes, moment: str, signature: str, now: int) -> bool:
    """Whether the body was signed with the secret, within the last minute."""
    if not moment.isdecimal() or not moment.isascii() or abs(int(moment[:20]) - now) > _FRESH_SECONDS:
        return False
    return hmac.compare_digest(_signature(secret, body, moment).encode(), signature.encode())


def _signature(secret: bytes, body: bytes, moment: str) -> str:
    return hmac.digest(secret, moment.encode() + b"." + body, hashlib.sha256).hex()
