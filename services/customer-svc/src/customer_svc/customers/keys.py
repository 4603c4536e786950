"""By which other records a record is compared with: keyed hashes of what two records of one customer share.

A key is 64 bits that only the data key can make, and holds for customers of one distributor (or of the
company) alone. The lowest bit says whether it is of the name's sound: who shares that one is a namesake.
"""

import hashlib
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text

from customer_svc.customers.profiles import Profile
from shared.sealing import Sealer


class Keys(NamedTuple):
    """A record's keys: of its sound, those that can prove something, and what else is worth comparing."""

    sound: int
    proving: tuple[int, ...]
    others: tuple[int, ...]

    def all(self) -> tuple[int, ...]:
        """Each once."""
        return tuple(dict.fromkeys((self.sound, *self.proving, *self.others)))


def keys_key(sealer: Sealer) -> bytes:
    """The key of all keys of this service's customers."""
    return sealer.derived("customer keys")


def keys_of(profile: Profile, distributor_id: UUID | None, key: bytes) -> Keys:
    """The keys of a customer of this distributor, or of the company's own."""
    home = f"{distributor_id or ''}|"
    return Keys(
        _hashed(home + profile.sounding(), key) | 1,
        tuple(_hashed(home + word, key) & ~1 for word in profile.proving()),
        tuple(_hashed(home + word, key) & ~1 for word in profile.others()),
    )


def is_of_sound(key: int) -> bool:
    """Whether it is the key of a name's sound."""
    return bool(key & 1)


def _hashed(word: str, key: bytes) -> int:
    digest = hashlib.blake2b(word.encode(), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def having_keys(some: Collection[int]) -> TextClause:
    """The condition that a row of `customer_piece` has one of these keys.

    They stand in the statement itself: how frequent they are decides which plan is fast.
    """
    return text(f"keys && '{{{','.join(map(str, some))}}}'::int8[]")
