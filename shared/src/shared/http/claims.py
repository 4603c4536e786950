"""An `Idempotency-Key` in use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What is stored of the key, what tells its request apart, and what its answer is sealed with."""

    key_hash: bytes
    fingerprint: bytes
    context: bytes
