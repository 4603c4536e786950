"""What is kept of a key's secret: a hash under a pepper that the database does not hold."""

import hmac
import os

from shared.sealing import Sealer

_PURPOSE = "api key"


class Hashing:
    """HMAC-SHA256 over everything before the checksum, so that a hash fits its own row only.

    A secret holds 256 random bits: it needs no slow hash.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._nobodys = os.urandom(32)

    def of(self, body: str) -> bytes:
        """The hash to keep."""
        return self._sealer.digest(_PURPOSE, body.encode())

    def fits(self, body: str, *kept: bytes | None) -> bool:
        """Whether one of the hashes is this key's, in constant time; without any it takes as long."""
        found = self.of(body)
        compared = [hmac.compare_digest(found, each or self._nobodys) for each in kept or (None,)]
        return any(compared)
