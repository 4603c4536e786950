"""What the gateway tells of staff, in any order and any repetition."""

from typing import Any

from customer_svc.staff.commands import keep
from customer_svc.staff.domain import StaffMember
from shared.db import Tx
from shared.events.gateway import StaffChanged


async def on_staff_changed(tx: Tx, event: StaffChanged) -> None:
    status = "active" if event.active else "disabled"
    await keep(tx, StaffMember(event.subject, event.org_unit_id, status, event.version))


STAFF_EVENTS: dict[type[Any], Any] = {StaffChanged: on_staff_changed}
