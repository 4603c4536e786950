"""What happened that a customer is asked about by itself."""

from typing import Any

from interaction_svc.invitations import queries
from interaction_svc.invitations.commands import Asking, invite
from interaction_svc.invitations.domain import FRESH
from interaction_svc.surveys import queries as surveys
from shared.db import Tx
from shared.events.complaint import ComplaintClosed
from shared.problems import NotFound


async def on_complaint_closed(tx: Tx, event: ComplaintClosed) -> None:
    """Ask how it went, once for each complaint, unless that was long ago or the customer wants to be left."""
    if event.closed_at is None or event.closed_at < tx.now - FRESH:
        return
    for survey in await surveys.inviting_on(tx, "complaint.closed"):
        if await queries.is_invited_for(tx, survey["id"], event.subject):
            continue
        asking = Asking(survey, "complaint.closed", complaint_id=event.subject, owner_id=event.owner_id)
        try:
            await invite(tx, event.customer_id, asking)
        except NotFound:  # gone meanwhile: there is nobody to ask
            return


COMPLAINT_EVENTS: dict[type[Any], Any] = {ComplaintClosed: on_complaint_closed}
