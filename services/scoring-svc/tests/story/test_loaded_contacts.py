"""Contacts that came from a file count as those that were logged, and not once they are taken back."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.composition import Service
from shared.events.customer import CustomerMerged, CustomerUnmerged
from shared.events.interaction import (
    ImportedInteraction,
    InteractionLogged,
    InteractionsImported,
    InteractionsWithdrawn,
)
from shared.messaging import outbox

from .stories import NOW, registered, tell, until

_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}


def contact(customer: UUID, days_ago: float) -> ImportedInteraction:
    return ImportedInteraction(
        interaction_id=uuid4(),
        customer_id=customer,
        distributor_id=None,
        channel="call",
        direction="outbound",
        occurred_at=NOW - timedelta(days=days_ago),
    )


def imported(contacts: Iterable[ImportedInteraction]) -> InteractionsImported:
    return InteractionsImported(subject=uuid4(), version=1, distributor_id=None, interactions=tuple(contacts))


def withdrawn(contacts: Iterable[ImportedInteraction]) -> InteractionsWithdrawn:
    return InteractionsWithdrawn(
        subject=uuid4(), version=1, distributor_id=None, interactions=tuple(contacts)
    )


def logged(one: ImportedInteraction) -> InteractionLogged:
    said = one.model_dump(exclude={"interaction_id"})
    return InteractionLogged(subject=one.interaction_id, version=1, kind="contact", **said)


async def counting(client: httpx.AsyncClient, customer: UUID, contacts: int) -> dict[str, Any]:
    """The customer's score once it is made of so many contacts."""

    async def score() -> dict[str, Any] | None:
        answer = await client.get(f"/v1/scores/{customer}")
        found = answer.json() if answer.status_code == 200 else None
        return found if found and found["features"]["contacts_52"] == contacts else None

    found: dict[str, Any] = await until(score)
    return found


async def facts(service: Service) -> dict[UUID, bool]:
    """Which contacts are written down, and whether each is withdrawn."""
    async with service.database.read() as reader:
        rows = await reader.connection.fetch("SELECT interaction_id, withdrawn FROM contact_fact")
    return {row["interaction_id"]: row["withdrawn"] for row in rows}


async def test_loaded_contacts_count_until_they_are_taken_back(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    one, other = uuid4(), uuid4()
    contacts = [contact(one, 3), contact(one, 9), contact(other, 5)]
    await tell(scoring, registered(one), registered(other), imported(contacts))
    await counting(manager, one, 2)
    await counting(manager, other, 1)
    await tell(scoring, withdrawn(contacts[1:]))
    await counting(manager, one, 1)
    await counting(manager, other, 0)


async def test_a_loaded_contact_is_scored_as_one_that_was_logged(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    one, other = uuid4(), uuid4()
    await tell(scoring, registered(one), registered(other))
    await tell(scoring, imported([contact(one, 3), contact(one, 30)]))
    await tell(scoring, *(logged(contact(other, days)) for days in (3, 30)))
    scores = [await counting(manager, customer, 2) for customer in (one, other)]
    assert scores[0]["features"] == scores[1]["features"]
    assert scores[0]["lifecycle_stage"] == scores[1]["lifecycle_stage"]


async def test_what_is_taken_back_before_it_is_told_of_does_not_count(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    early, late, stays = contact(customer, 3), contact(customer, 9), contact(customer, 20)
    await tell(scoring, registered(customer), withdrawn([early, late]))
    await tell(scoring, imported([early, stays]), logged(late))
    await counting(manager, customer, 1)
    found = await facts(scoring)
    assert found == {early.interaction_id: True, late.interaction_id: True, stays.interaction_id: False}


async def test_the_same_events_again_change_nothing(scoring: Service, manager: httpx.AsyncClient) -> None:
    customer, load, undoing = uuid4(), uuid4(), uuid4()
    goes, stays = contact(customer, 3), contact(customer, 9)
    told = [imported([goes, stays]).model_copy(update={"subject": load})]
    told.append(withdrawn([goes]).model_copy(update={"subject": undoing}))
    await tell(scoring, registered(customer), *told)
    await counting(manager, customer, 1)
    before = await facts(scoring)
    async with scoring.database.begin() as tx:  # told once more, as by a replay
        await tx.connection.execute("DELETE FROM outbox WHERE aggregate_id = ANY ($1)", [load, undoing])
        for event in told:
            outbox.record(tx, event)
    other = uuid4()
    await tell(scoring, registered(other), imported([contact(other, 1)]))
    await counting(manager, other, 1)
    await counting(manager, customer, 1)
    assert before.items() <= (await facts(scoring)).items()


async def test_loaded_contacts_go_with_a_customer_that_is_merged(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    kept, absorbed = uuid4(), uuid4()
    contacts = [contact(absorbed, 3), contact(absorbed, 9)]
    await tell(scoring, registered(kept), registered(absorbed))
    await tell(scoring, imported([*contacts, contact(kept, 5)]))
    await counting(manager, kept, 1)
    merged = CustomerMerged(subject=absorbed, version=2, status="merged", merged_into=kept, **_STATE)
    await tell(scoring, merged)
    await counting(manager, kept, 3)
    await tell(scoring, withdrawn(contacts[:1]))
    await counting(manager, kept, 2)
    await tell(scoring, CustomerUnmerged(subject=absorbed, version=3, status="active", **_STATE))
    await counting(manager, absorbed, 1)
    await counting(manager, kept, 1)
