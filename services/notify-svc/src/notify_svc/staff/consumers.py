"""What the gateway tells of staff, in any order and any repetition."""

from typing import Any

from notify_svc.staff.commands import keep
from shared.db import Tx
from shared.events.gateway import StaffChanged


async def on_staff_changed(tx: Tx, event: StaffChanged) -> None:
    await keep(tx, event)


STAFF_EVENTS: dict[type[Any], Any] = {StaffChanged: on_staff_changed}
