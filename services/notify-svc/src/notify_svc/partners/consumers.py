"""Door for events: what is told of distributors and of keys, in any order and any repetition."""

from typing import Any

from notify_svc.partners import commands
from shared.db import Tx
from shared.events.customer import DistributorChanged
from shared.events.gateway import KeyChanged, KeyCreated, KeyRevoked


async def on_distributor_changed(tx: Tx, event: DistributorChanged) -> None:
    """The tree is as it is told; whoever stands below may get other events from now on."""
    await commands.keep_distributor(
        tx, event.subject, parent_id=event.parent_id, status=event.status, version=event.version
    )


async def on_key_told(tx: Tx, event: KeyCreated | KeyChanged) -> None:
    """What a key may and until when."""
    await commands.keep_key(
        tx, event.subject, version=event.version, scopes=event.scopes, expires_at=event.expires_at
    )


async def on_key_revoked(tx: Tx, event: KeyRevoked) -> None:
    """Nothing is sent for a key that has ended."""
    await commands.keep_key(tx, event.subject, version=event.version, scopes=(), revoked=True)


PARTNER_EVENTS: dict[type[Any], Any] = {
    DistributorChanged: on_distributor_changed,
    KeyCreated: on_key_told,
    KeyChanged: on_key_told,
    KeyRevoked: on_key_revoked,
}
