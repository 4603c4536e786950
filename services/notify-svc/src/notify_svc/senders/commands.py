"""Every change of a sender."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from pydantic import SecretStr
from sqlalchemy import Text, Uuid, bindparam, delete, insert, update

from notify_svc.senders import queries
from notify_svc.senders.checking import checked
from notify_svc.senders.domain import CHANNEL, MOST_PER_MINUTE, PER_MINUTE
from notify_svc.senders.queries import LANE, T
from notify_svc.senders.schemas import SECRETS, SenderCreate, SenderPatch
from shared.db import Prepared, Tx, prepare
from shared.http import check_version
from shared.http.guard import Trusted
from shared.problems import Conflict, Invalid
from shared.sealing import Sealer

_ADD = prepare(insert(T), *T.c.keys())
_ADD_LANE = prepare(insert(LANE).values(fence=0, failures=0), "sender_id")
_SAVE = prepare(
    update(T).where(T.c.id == bindparam("b_id", type_=Uuid)),
    *("name", "config", "secrets", "per_minute", "is_default", "active", "version", "updated_at"),
)
_STEP_BACK = prepare(
    update(T)
    .where(
        T.c.channel == bindparam("b_channel", type_=Text),
        T.c.is_default,
        T.c.id != bindparam("b_id", type_=Uuid),
    )
    .values(is_default=False, version=T.c.version + 1)
)
_REMOVE = prepare(delete(T).where(T.c.id == bindparam("b_id", type_=Uuid)))
_REST_NO_MORE = prepare(
    update(LANE).where(LANE.c.sender_id == bindparam("b_id", type_=Uuid)).values(rest_until=None, failures=0)
)


def sealed(sealer: Sealer, sender_id: UUID, secrets: Mapping[str, str]) -> bytes:
    """Secrets as they are stored; they open for this sender only."""
    return sealer.seal("message sender", json.dumps(dict(secrets)).encode(), sender_id.bytes)


def _plain(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in secrets.items()}


async def create(tx: Tx, body: SenderCreate, *, sealer: Sealer, trusted: Trusted) -> dict[str, Any]:
    """A new sender; Invalid for what its kind does not take, Conflict when its name is taken."""
    sender_id = tx.new_id()
    row = {
        "id": sender_id,
        "name": body.name,
        "kind": body.kind,
        "channel": CHANNEL[body.kind],
        "config": checked(body.kind, body.config, trusted),
        "secrets": sealed(sealer, sender_id, _plain(body.secrets)),
        "per_minute": min(body.per_minute or PER_MINUTE[body.kind], MOST_PER_MINUTE[body.kind]),
        "is_default": body.is_default,
        "active": body.active,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await _written(tx, _ADD, **row)
    await tx.run(_ADD_LANE, sender_id=sender_id)
    await _alone(tx, row)
    return row


async def change(
    tx: Tx,
    sender_id: UUID,
    patch: SenderPatch,
    *,
    sealer: Sealer,
    trusted: Trusted,
    expected: int | None,
) -> dict[str, Any]:
    """Change what was sent; it is tried again at once, however it stood."""
    before = await queries.sender_for_update(tx, sender_id)
    check_version(expected, before["version"])
    sent = patch.model_fields_set
    after = {**before, **{name: getattr(patch, name) for name in sent - {"config", "secrets"}}}
    if "config" in sent:
        after["config"] = checked(before["kind"], patch.config, trusted)
    if "secrets" in sent:
        after["secrets"] = sealed(sealer, sender_id, _fitting(before["kind"], _plain(patch.secrets)))
    after["per_minute"] = min(after["per_minute"], MOST_PER_MINUTE[before["kind"]])
    after |= {"version": before["version"] + 1, "updated_at": tx.now}
    await _written(tx, _SAVE, b_id=sender_id, **after)
    await tx.run(_REST_NO_MORE, b_id=sender_id)
    await _alone(tx, after)
    return after


async def remove(tx: Tx, sender_id: UUID, *, expected: int | None) -> None:
    """Remove it; messages that wait for it go by the channel's default sender."""
    before = await queries.sender_for_update(tx, sender_id)
    check_version(expected, before["version"])
    await tx.run(_REMOVE, b_id=sender_id)


def _fitting(kind: Any, secrets: dict[str, str]) -> dict[str, str]:
    must, may = SECRETS[kind]
    if not must <= secrets.keys() <= must | may:
        raise Invalid.at(
            "/secrets", "secrets_wrong", en="does not have the secrets of its kind", zh="密钥与类型不符"
        )
    return secrets


async def _alone(tx: Tx, row: Mapping[str, Any]) -> None:
    """One default a channel: another one steps back."""
    if row["is_default"]:
        await tx.run(_STEP_BACK, b_channel=row["channel"], b_id=row["id"])


async def _written(tx: Tx, statement: Prepared, **values: Any) -> None:
    try:
        await tx.run(statement, **values)
    except UniqueViolationError:
        raise Conflict(
            "sender_exists", en="A sender has this name already.", zh="已有同名发送渠道。"
        ) from None
