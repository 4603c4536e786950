"""What is noted of a test: before it is sent that nobody knows, and then what came of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Interval, Text, Uuid, bindparam, func, update
from sqlalchemy.dialects.postgresql import insert

from notify_svc.messages.queries import ATTEMPT, T
from notify_svc.senders.domain import Accepted, Later, Result
from notify_svc.senders.queries import Sender
from notify_svc.test_sends import domain
from notify_svc.test_sends.domain import Draft, Outcome
from shared.db import Tx, prepare

_ADD = prepare(
    insert(T).on_conflict_do_nothing(index_elements=[T.c.dedup_key]).returning(T.c.id), *T.c.keys()
)
_ADD_ATTEMPT = prepare(insert(ATTEMPT), *ATTEMPT.c.keys())
_GIVE_UP = prepare(
    update(T)
    .where(
        T.c.dedup_key == bindparam("b_key", type_=Text),
        T.c.updated_at < func.now() - bindparam("b_lease", type_=Interval),
    )
    .values(dedup_key=func.concat("test:", T.c.id))
)
_SETTLE = prepare(
    update(T)
    .where(T.c.id == bindparam("b_id", type_=Uuid))
    .values(dedup_key=func.concat("test:", T.c.id), version=T.c.version + 1, updated_at=func.now()),
    *("state", "reason", "provider_id", "sent_at"),
)
_SETTLE_ATTEMPT = prepare(
    update(ATTEMPT).where(ATTEMPT.c.message_id == bindparam("b_id", type_=Uuid)),
    *("outcome", "reason", "duration_ms", "provider_id"),
)


async def note(
    tx: Tx,
    draft: Draft,
    sender: Sender,
    key: bytes | None,
    *,
    address_hash: bytes | None,
    blocked: str | None,
) -> UUID:
    """A test that is about to be sent, or that is `blocked`; its id. Conflict while its `key` is at work."""
    message_id = tx.new_id()
    dedup_key = f"test:{message_id if key is None else key.hex()}"
    await tx.run(_GIVE_UP, b_key=dedup_key, b_lease=domain.LEASE)
    row = {
        **dict.fromkeys(T.c.keys()),
        **_of(draft, sender),
        "id": message_id,
        "dedup_key": dedup_key,
        "state": "blocked" if blocked else "failed",
        "reason": blocked or domain.UNKNOWN,
        "attempts": 0 if blocked else 1,
        "address_hash": address_hash,
        "not_before": tx.now,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    if await tx.value(_ADD, **row) is None:
        raise domain.twin()
    if not blocked:
        await _add_attempt(tx, message_id, sender)
    return message_id


def _of(draft: Draft, sender: Sender) -> dict[str, Any]:
    ref = draft.recipient
    return {
        "purpose": "internal",
        "channels": [sender["channel"]],
        "channel": sender["channel"],
        "recipient_kind": ref and ref.kind,
        "recipient_id": ref and ref.id,
        "template": draft.template,
        "template_version": draft.template_version,
        "variables": {},
        "source": "test",
        "source_id": draft.source_id,
        "sender_id": sender["id"],
    }


async def _add_attempt(tx: Tx, message_id: UUID, sender: Sender) -> None:
    """It counts in the sender's minute from now on."""
    await tx.run(
        _ADD_ATTEMPT,
        id=tx.new_id(),
        message_id=message_id,
        number=1,
        sender_id=sender["id"],
        channel=sender["channel"],
        at=tx.now,
        duration_ms=0,
        outcome="later",
        reason=domain.UNKNOWN,
        provider_id=None,
    )


async def settle(tx: Tx, message_id: UUID, result: Result, duration_ms: int) -> None:
    """What came of it."""
    sent = isinstance(result, Accepted)
    reason = None if isinstance(result, Accepted) else result.reason
    provider_id = result.provider_id if isinstance(result, Accepted) else None
    await tx.run(
        _SETTLE,
        b_id=message_id,
        state="sent" if sent else "failed",
        reason=reason,
        provider_id=provider_id,
        sent_at=tx.now if sent else None,
    )
    await tx.run(
        _SETTLE_ATTEMPT,
        b_id=message_id,
        outcome=outcome_of(result),
        reason=reason,
        duration_ms=duration_ms,
        provider_id=provider_id,
    )


def outcome_of(result: Result) -> Outcome:
    """The log's word for it."""
    if isinstance(result, Accepted):
        return "sent"
    return "later" if isinstance(result, Later) else "refused"
