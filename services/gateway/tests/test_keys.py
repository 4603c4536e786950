"""Signing keys: made once, kept sealed, followed by new ones in time."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from gateway.app import internal_jwks
from gateway.keys.domain import LIFE, OVERLAP, KeyAge, due
from gateway.keys.ring import KeyRing
from shared.db import Database
from shared.sealing import Sealer
from shared.settings import SettingsMissing

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def ring_of(settings: Any, database: Database) -> KeyRing:
    return KeyRing(database, Sealer(settings.data_key.get_secret_value()))


def test_a_key_is_due_when_there_is_none_or_the_newest_is_old() -> None:
    young, old = NOW - LIFE + timedelta(seconds=1), NOW - LIFE
    assert due([], NOW) == ["access", "internal"]
    assert due([KeyAge("access", young)], NOW) == ["internal"]
    assert due([KeyAge("access", old), KeyAge("internal", young)], NOW) == ["access"]
    assert due([KeyAge("access", old), KeyAge("access", young), KeyAge("internal", young)], NOW) == []


async def test_replicas_that_start_together_share_their_keys(world: Any, settings: Any) -> None:
    async with world.gateway.database.begin() as tx:
        await tx.connection.execute("DELETE FROM signing_key")
    rings = [ring_of(settings, world.gateway.database) for _ in range(4)]
    keys = await asyncio.gather(*(ring.signing("access") for ring in rings))
    assert len({key.kid for key in keys}) == 1
    await restore(world)


async def test_an_old_key_is_followed_and_still_believed_for_a_day(world: Any, settings: Any) -> None:
    first = await ring_of(settings, world.gateway.database).signing("access")
    world.clock.ahead += LIFE
    ring = ring_of(settings, world.gateway.database)
    second = await ring.signing("access")
    assert second.kid != first.kid
    assert (await believed(ring, first)).kid == first.kid
    assert len((await ring.published("access"))["keys"]) == 2
    world.clock.ahead += OVERLAP + timedelta(minutes=1)
    assert await ring_of(settings, world.gateway.database).believed("access", str(first.kid)) is None
    await restore(world)


async def believed(ring: KeyRing, key: OKPKey) -> OKPKey:
    found = await ring.believed("access", str(key.kid))
    assert found is not None
    return found


async def test_another_data_key_stops_the_start_with_a_reason(settings: Any, world: Any) -> None:
    assert world.gateway
    other = base64.b64encode(bytes(reversed(range(32)))).decode()
    changed = settings.model_copy(update={"data_key": type(settings.data_key)(other)})
    with pytest.raises(SettingsMissing, match="DATA_KEY"):
        await internal_jwks(changed)


async def test_services_of_this_process_are_told_public_halves_only(settings: Any, world: Any) -> None:
    assert world.gateway
    keys = json.loads(await internal_jwks(settings))["keys"]
    assert keys
    assert all(key.keys() >= {"kid", "x", "crv"} and "d" not in key for key in keys)


async def restore(world: Any) -> None:
    """Put back the keys that the running gateway knows, for the tests that follow."""
    ring: KeyRing = world.gateway._blueprint.carried["ring"]
    sealer = world.gateway.sealer
    async with world.gateway.database.begin() as tx:
        await tx.connection.execute("DELETE FROM signing_key")
        for purpose in ("access", "internal"):
            key = ring._keys.signing[purpose]
            private = json.dumps(key.as_dict(private=True)).encode()
            sealed = sealer.seal("signing-key", private, str(key.kid).encode())
            await tx.connection.execute(
                "INSERT INTO signing_key VALUES ($1, $2, $3, $4, now())",
                key.kid,
                purpose,
                key.as_dict(private=False),
                sealed,
            )
