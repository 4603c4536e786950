"""Where one room asks another through a door that the other does not know: handed over by `app.py`."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from notify_svc.firing import domain as firing
from notify_svc.messages import commands as messages
from notify_svc.messages.domain import MessageRequest
from notify_svc.playbook_runs.clients import WantedMessage
from notify_svc.recipients.domain import Ref
from notify_svc.reminder_rules.clients import Search, Silent
from notify_svc.standing.queries import quiet_since, standing_of
from shared.db import Reader, Tx


async def standings(reader: Reader, customers: Sequence[UUID]) -> Mapping[UUID, firing.Standing]:
    """How customers stand, as far as conditions of reminders ask."""
    found = await standing_of(reader, customers)
    return {
        customer: firing.Standing(
            each.tier, each.stage, each.churn_level, each.last_contact_at, each.last_order_at
        )
        for customer, each in found.items()
    }


async def silent(reader: Reader, search: Search) -> Sequence[Silent]:
    """Customers that nobody was in contact with for long."""
    found = await quiet_since(
        reader, tier=search.tier, before=search.before, after=search.after, most=search.most
    )
    return [Silent(each.customer_id, each.last_contact_at) for each in found]


async def remind(tx: Tx, wanted: Sequence[firing.Sending]) -> None:
    """Reminders that shall reach somebody beside the inbox, as messages; a group has no recipient."""
    requests = [
        MessageRequest(
            purpose="internal",
            channels=(each.channel,),  # type: ignore[arg-type]  # one of theirs
            recipient=_colleague(each),
            template="reminder.due",
            variables=each.variables,
            source="reminder",
            source_id=each.reminder_id,
            dedup_key=each.dedup_key,
            customer_id=each.customer_id,
            distributor_id=each.distributor_id,
            expires_at=each.expires_at,
        )
        for each in wanted
    ]
    await messages.request(tx, requests)


def _colleague(wanted: firing.Sending) -> Ref | None:
    if wanted.channel != "email" or wanted.recipient_id is None:
        return None
    return Ref("staff", wanted.recipient_id)


async def say(tx: Tx, wanted: Sequence[WantedMessage]) -> list[UUID]:
    """Messages that steps of playbooks want sent; their ids in the same order."""
    requests = [
        MessageRequest(
            purpose=each.purpose,  # type: ignore[arg-type]  # as playbooks have checked
            channels=tuple(each.channels),  # type: ignore[arg-type]
            recipient=Ref("customer", each.customer_id) if each.to_customer else None,
            template=each.template,
            variables=each.variables,
            source="playbook",
            source_id=each.source_id,
            dedup_key=each.dedup_key,
            customer_id=each.customer_id,
            distributor_id=each.distributor_id,
            sender_id=each.sender_id,
            expires_at=each.expires_at,
        )
        for each in wanted
    ]
    return await messages.request(tx, requests)
