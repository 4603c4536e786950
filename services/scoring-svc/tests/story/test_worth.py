"""Beside a score: what recommendations brought, what made a value negative, and what one order says."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from scoring_svc.policies.commands import publish_default
from shared.composition import Service
from shared.events import Event
from shared.events.complaint import ComplaintOpened
from shared.events.customer import OrderRecorded, OrderReturned
from shared.testing import partner, service_client

from .stories import order, registered, tell, until
from .test_treatment import told_of

_TERMS = '{"referral_share": 0.25, "margin": 0.5, "complaint_cost": 40}'


@pytest.fixture
async def terms(scoring: Service) -> AsyncIterator[None]:
    """A published policy by which recommendations and complaints count."""
    async with scoring.database.begin() as tx:
        await publish_default(tx)
        kept = await tx.rows(text("SELECT version, document::text AS document FROM tier_policy"))
        await tx.run(
            text("UPDATE tier_policy SET document = document || cast(:terms AS jsonb)").bindparams(
                terms=_TERMS
            )
        )
    yield
    async with scoring.database.begin() as tx:
        for row in kept:
            statement = text(
                "UPDATE tier_policy SET document = cast(:document AS jsonb) WHERE version = :version"
            )
            await tx.run(statement.bindparams(document=row["document"], version=row["version"]))


def bought(customer: UUID, days_ago: float, amount: int) -> Event:
    fields = order(customer, days_ago, amount)
    return OrderRecorded(subject=fields["order_id"], version=1, **fields)


def returned(customer: UUID, days_ago: float, amount: int) -> Event:
    fields = order(customer, days_ago, -amount, kind="return")
    return OrderReturned(subject=fields["order_id"], version=1, **fields)


async def read(client: httpx.AsyncClient, customer: UUID, **features: float) -> dict[str, Any]:
    """The customer's score once it is made of these features."""

    async def made() -> dict[str, Any] | None:
        answer = await client.get(f"/v1/scores/{customer}")
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        known = found.get("features", {})
        return found if all(known.get(name) == value for name, value in features.items()) and found else None

    found: dict[str, Any] = await until(made)
    return found


@pytest.mark.usefixtures("terms")
async def test_recommendations_are_a_line_of_their_own(scoring: Service, manager: httpx.AsyncClient) -> None:
    house, referrer, first, second, silent = (uuid4() for _ in range(5))
    homes = (
        (referrer, house, None),
        (first, house, referrer),
        (second, None, referrer),
        (silent, None, referrer),
    )
    await tell(
        scoring,
        *(registered(one, kind="person", distributor_id=home, referred_by=by) for one, home, by in homes),
    )
    await tell(
        scoring, *(bought(one, day, 400_00) for one in (referrer, first, second) for day in (9, 40, 70))
    )
    brought = [
        (await read(manager, one, order_days=3))["value_52"]["amount_minor"] for one in (first, second)
    ]
    seen = await read(manager, referrer, order_days=3, referrals_52=2)
    assert seen["referral_value"] == {
        "converted": 2,
        "share": 0.25,
        "amount": {"amount_minor": round(sum(brought) / 4), "currency": "CNY"},
    }
    assert (await read(manager, first))["referral_value"]["amount"]["amount_minor"] == 0
    async with service_client(scoring, partner(house, "scores:read")) as their:
        mine = (await read(their, referrer))["referral_value"]
    assert (mine["converted"], mine["amount"]["amount_minor"]) == (1, round(brought[0] / 4)), (
        "who is in sight"
    )


@pytest.mark.usefixtures("terms")
async def test_a_negative_value_names_its_causes_the_dearest_first(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer, other = uuid4(), uuid4()
    complaints = [told_of(ComplaintOpened, uuid4(), customer, 1) for _ in range(2)]
    await tell(scoring, registered(customer), registered(other), *complaints)
    await tell(
        scoring, bought(customer, 400, 300_00), returned(customer, 20, 280_00), bought(other, 50, 300_00)
    )
    seen = await read(manager, customer, order_days=1, returns_13=1, complaints_52=2)
    assert seen["negative_value"]
    assert seen["negative_causes"] == [
        {"cost": "returns", "amount": {"amount_minor": 140_00, "currency": "CNY"}},
        {"cost": "service", "amount": {"amount_minor": 80_00, "currency": "CNY"}},
    ]
    assert (await read(manager, other, order_days=1))["negative_causes"] == []


async def test_after_one_order_an_interval_says_how_little_is_known(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    await tell(scoring, registered(customer), bought(customer, 9, 100_00))
    churn = (await read(manager, customer, order_days=1))["churn"]
    said = churn["after_first_order"]
    assert churn["evidence"] == "low"
    assert 0 <= said["low"] < said["share"] < said["high"] <= 1
    await tell(scoring, bought(customer, 2, 100_00))
    assert (await read(manager, customer, order_days=2))["churn"]["after_first_order"] is None
