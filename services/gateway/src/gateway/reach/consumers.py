"""What customer-svc tells of its two trees, in any order and any repetition."""

from typing import Any

from gateway.reach.commands import keep_distributors, keep_units
from gateway.reach.domain import Place
from shared.db import Tx
from shared.events.customer import DistributorChanged, OrgUnitChanged


async def on_distributor_changed(tx: Tx, event: DistributorChanged) -> None:
    await keep_distributors(tx, [_place(event)])


async def on_org_unit_changed(tx: Tx, event: OrgUnitChanged) -> None:
    await keep_units(tx, [_place(event)])


def _place(event: DistributorChanged | OrgUnitChanged) -> Place:
    return Place(event.subject, event.parent_id, event.status, event.version)


REACH_EVENTS: dict[type[Any], Any] = {
    DistributorChanged: on_distributor_changed,
    OrgUnitChanged: on_org_unit_changed,
}
