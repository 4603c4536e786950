"""What other services tell of staff and of customers' tiers is known here; nothing goes backwards."""

from typing import Any
from uuid import UUID

from interaction_svc.staff.consumers import on_staff_changed
from interaction_svc.staff.queries import known
from interaction_svc.tiers.consumers import on_tier_changed
from interaction_svc.tiers.queries import tier_of
from shared.clock import new_id
from shared.events.gateway import StaffChanged
from shared.events.scoring import TierChanged


async def test_staff_are_known_with_unit_and_roles_and_the_newest_version_stays(world: Any) -> None:
    who, unit = new_id(), new_id()
    told = [
        StaffChanged(
            subject=who,
            distributor_id=None,
            version=version,
            roles=roles,
            active=version < 3,
            org_unit_id=unit,
            data_scope="unit",
        )
        for version, roles in ((2, ("manager",)), (3, ("sales", "manager")), (1, ("service",)))
    ]
    async with world.database.begin() as tx:
        for event in told:
            await on_staff_changed(tx, event)
        found = await known(tx, [who, new_id()])
    assert list(found) == [who]
    assert (found[who]["org_unit_id"], found[who]["active"]) == (unit, False)
    assert found[who]["roles"] == ["sales", "manager"]


async def test_a_tier_is_the_newest_that_was_told(world: Any) -> None:
    customer = UUID(await world.customer())
    async with world.database.begin() as tx:
        assert await tier_of(tx, customer) is None
        for version, tier in ((4, "gold"), (5, "core"), (3, "normal")):
            await on_tier_changed(
                tx,
                TierChanged(
                    subject=customer, version=version, distributor_id=None, from_tier=None, to_tier=tier
                ),
            )
        assert await tier_of(tx, customer) == "core"


async def test_who_does_not_see_the_customer_does_not_see_its_tier(world: Any) -> None:
    customer = UUID(await world.customer(new_id()))
    async with world.database.begin() as tx:
        await on_tier_changed(
            tx, TierChanged(subject=customer, version=1, distributor_id=None, from_tier=None, to_tier="core")
        )
    async with world.database.begin(world.partner(new_id()).scope) as tx:
        assert await tier_of(tx, customer) is None
