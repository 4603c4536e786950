"""The end that a webhook comes to by itself: it answered so, or its key was revoked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, update

from notify_svc.inbox import commands as inbox
from notify_svc.inbox.domain import UNASSIGNED, Notice
from notify_svc.webhooks import domain
from notify_svc.webhooks.queries import ENDPOINT, THERE
from shared.db import Record, Tx, prepare
from shared.events.notify import WebhookDisabled
from shared.messaging import outbox

_END = prepare(
    update(ENDPOINT)
    .where(
        ENDPOINT.c.state == "enabled",
        THERE,
        (ENDPOINT.c.id == bindparam("b_id", type_=Uuid))
        | (ENDPOINT.c.owner_id == bindparam("b_key", type_=Uuid)),
    )
    .values(
        state="disabled",
        disabled_at=func.now(),
        updated_at=func.now(),
        disabled_reason=bindparam("b_reason", type_=Text),
        version=ENDPOINT.c.version + 1,
    )
    .returning(ENDPOINT)
)


async def give_up(
    tx: Tx, webhook_id: UUID, reason: domain.DisabledReason, *, failing_since: datetime | None
) -> None:
    """Disable it because of how it answers, tell everybody, and its maker in the inbox; once."""
    for row in await tx.rows(_END, b_id=webhook_id, b_key=None, b_reason=reason):
        _announce(tx, row, reason, failing_since)
        # A key has no inbox: then whoever looks after the queue learns of it.
        recipient = row["created_by"] if row["owner_id"] is None else UNASSIGNED
        await inbox.deliver(tx, [_notice(row, recipient, reason)])


async def end_with_key(tx: Tx, key_id: UUID) -> None:
    """The key was revoked: nothing is sent in its name."""
    for row in await tx.rows(_END, b_id=None, b_key=key_id, b_reason="key_revoked"):
        _announce(tx, row, "key_revoked", None)


def _notice(row: Record, recipient: UUID, reason: str) -> Notice:
    return Notice(
        recipient_id=recipient,
        kind="webhook.disabled",
        subject=None,
        subject_code="webhook.disabled",
        subject_parameters={"why": reason},
        about_id=row["id"],
        customer_id=None,
        distributor_id=row["distributor_id"],
        due_at=None,
    )


def _announce(tx: Tx, row: Record, reason: str, failing_since: datetime | None) -> None:
    event = WebhookDisabled(
        subject=row["id"],
        version=row["version"],
        distributor_id=row["distributor_id"],
        reason=reason,
        failing_since=failing_since,
    )
    outbox.record(tx, event)
