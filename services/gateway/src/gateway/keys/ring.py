"""The key ring: signing keys opened once and held in memory, read again now and then."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import OKPKey

from gateway.keys import commands, queries
from gateway.keys.domain import Purpose
from shared.db import Database, Record
from shared.problems import Unavailable
from shared.sealing import Sealer, Unsealable
from shared.settings import SettingsMissing

_FRESH_SECONDS = 60
_UNKNOWN_KEY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Keys:
    signing: Mapping[str, OKPKey] = field(default_factory=dict)
    known: Mapping[tuple[str, str], OKPKey] = field(default_factory=dict)


class KeyRing:
    """Gives the key to sign with and the keys to believe.

    What is known stays known while the database is away. An unknown key id leads to at most one new
    reading in five seconds, whoever asks.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._keys = _Keys()
        self._read_at = -1e9
        self._reading = asyncio.Lock()

    async def signing(self, purpose: Purpose) -> OKPKey:
        """The newest key for this purpose; made at first use."""
        await self._freshen(_FRESH_SECONDS)
        if purpose not in self._keys.signing:
            raise Unavailable(
                "keys_unavailable", en="The signing keys cannot be read.", zh="暂时无法读取签名密钥。"
            )
        return self._keys.signing[purpose]

    async def believed(self, purpose: Purpose, kid: str) -> OKPKey | None:
        """The key of this id, if it is one of ours."""
        await self._freshen(_FRESH_SECONDS)
        if (purpose, kid) not in self._keys.known:
            await self._freshen(_UNKNOWN_KEY_SECONDS)
        return self._keys.known.get((purpose, kid))

    async def published(self, purpose: Purpose) -> dict[str, Any]:
        """The public keys as a JSON Web Key Set (RFC 7517)."""
        await self.signing(purpose)
        return {"keys": [_public(key) for (kind, _), key in self._keys.known.items() if kind == purpose]}

    async def _freshen(self, most_seconds: float) -> None:
        if time.monotonic() - self._read_at < most_seconds:
            return
        async with self._reading:
            if time.monotonic() - self._read_at < most_seconds:
                return
            first = not self._keys.known
            try:
                await self._read(first=first)
            except Unavailable:
                if first:
                    raise
            self._read_at = time.monotonic()

    async def _read(self, *, first: bool) -> None:
        if first:
            async with self._database.begin() as tx:
                await commands.ensure_keys(tx, self._sealer)
        async with self._database.read() as reader:
            rows = await queries.live_keys(reader, self._database.now())
        keys = [(row["purpose"], self._opened(row)) for row in rows]
        self._keys = _Keys(
            signing=dict(reversed(keys)),
            known={(purpose, str(key.kid)): key for purpose, key in keys},
        )

    def _opened(self, row: Record) -> OKPKey:
        try:
            private = self._sealer.open(commands.SEALED_AS, row["private_key"], row["kid"].encode())
        except Unsealable:
            raise SettingsMissing(
                "DATA_KEY: is not the one that sealed the signing keys in this database"
            ) from None
        return OKPKey.import_key({**json.loads(private), "kid": row["kid"]})


def _public(key: OKPKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "use": "sig", "alg": "Ed25519"}
