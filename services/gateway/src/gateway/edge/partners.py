"""From a key to a principal: partners by the key that they show, and how it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.api_keys import domain, queries, text
from gateway.api_keys.domain import Giver, Network
from gateway.api_keys.hashing import Hashing
from gateway.api_keys.text import KeyText
from gateway.api_keys.uses import Uses
from gateway.reach import queries as reach
from shared.auth import Principal
from shared.db import Database, Reader, Record, Scope
from shared.memory import Memory
from shared.problems import Forbidden, Unauthenticated

STANDING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Who a good key speaks for, and from where it may come."""

    principal: Principal
    networks: Sequence[Network]


class KeyIdentity:
    """Believes keys of this gateway.

    A mistyped key is refused without a look at the database. A good one is looked up again each second, so
    that a revoked, expired or rotated one is dead then, and what its giver or its distributor lost with it.
    """

    def __init__(self, database: Database, hashing: Hashing, uses: Uses, *, test_keys: bool) -> None:
        self._database = database
        self._hashing = hashing
        self._uses = uses
        self._test_keys = test_keys
        self._standing: Memory[str, Standing] = Memory(STANDING_SECONDS)

    async def principal(self, key: str, address: str | None) -> Principal:
        """Who shows this key from this address.

        Raises Unauthenticated, the same for every key that is not good, and Forbidden for a good one that
        comes from elsewhere.
        """
        shown = text.read(key)
        if shown is None or (shown.environment == "test" and not self._test_keys):
            raise refused()
        standing = self._standing.get(key) or await self._standing.get_or(key, lambda: self._looked_up(shown))
        if not domain.comes_from(address, standing.networks):
            raise Forbidden(
                "network_not_allowed",
                en="This key may not be used from your network.",
                zh="此密钥不允许从您所在的网络使用。",
            )
        self._uses.note(standing.principal.id, self._database.now())
        return standing.principal

    async def _looked_up(self, shown: KeyText) -> Standing:
        now = self._database.now()
        async with self._database.read() as reader:
            row = await queries.presented(reader, shown.key_id)
            right = self._hashing.fits(shown.body, *_good_hashes(row, now))
            standing = await _standing(reader, row, now) if row is not None and right else None
            if standing is None:
                raise refused()
            return standing

    async def by_id(self, api_key_id: UUID) -> Principal | None:
        """What a key may now, wherever it comes from and whatever its secret; None when it is not good."""
        async with self._database.read() as reader:
            row = await queries.given(reader, api_key_id)
            if row is None or (row["environment"] == "test" and not self._test_keys):
                return None
            standing = await _standing(reader, row, self._database.now())
            return None if standing is None else standing.principal


def refused() -> Unauthenticated:
    """The one answer to a key that is not good, whatever is bad about it."""
    return Unauthenticated("key_invalid", en="This key is not valid.", zh="密钥无效。")


def _good_hashes(row: Record | None, now: datetime) -> list[bytes]:
    """The hashes to compare with: of the newest secret and, while they overlap, of the one before."""
    if row is None:
        return []
    overlaps = row["previous_until"] is not None and row["previous_until"] > now
    return [row["secret_hash"], row["previous_hash"]] if overlaps else [row["secret_hash"]]


async def _standing(reader: Reader, row: Record, now: datetime) -> Standing | None:
    """None for a key whose end, or whose distributor's, has come."""
    if domain.status(row["revoked_at"], row["expires_at"], now) != "active":
        return None
    home = await reach.distributor(reader, row["distributor_id"])
    if home is None or not home.open:
        return None
    giver = None if row["roles"] is None else Giver(frozenset(row["roles"]), row["data_scope"])
    principal = Principal(
        "partner",
        row["id"],
        granted=domain.effective(row["scopes"], giver),
        scope=Scope(distributors=await reach.distributors_below(reader, home.id)),
        masked=frozenset(row["masked_fields"]),
        home=home.id,
    )
    return Standing(principal, tuple(map(domain.read_network, row["networks"])))
