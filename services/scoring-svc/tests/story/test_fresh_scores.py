"""What frames every score is heeded by the very next one, by a worker that has been scoring all along."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from scoring_svc.actions import commands as actions
from scoring_svc.actions.schemas import ActionRuleSet
from scoring_svc.app import build
from scoring_svc.facts import due
from scoring_svc.lifecycle import commands as lifecycle
from scoring_svc.models import commands as models
from scoring_svc.models.queries import Shelf
from scoring_svc.objections import commands as objections
from scoring_svc.objections import queries as objections_read
from scoring_svc.overrides import commands as overrides
from scoring_svc.overrides.schemas import TierOverrideCreate
from scoring_svc.policies import commands as policies
from scoring_svc.policies.schemas import TierPolicyCreate
from scoring_svc.runs.commands import rescore_due
from scoring_svc.runs.consumers import SCORING_EVENTS
from scoring_svc.settings import Settings
from scoring_svc.workload import commands as workload
from scoring_svc.workload.schemas import CapacitySet
from shared.composition import Service
from shared.db import Database
from shared.events import Event
from shared.events.customer import CustomerMerged, OrderRecorded, OrderVoided
from shared.testing import clean, running

from .proofs import kept
from .stories import order, registered

BY = uuid4()


@pytest.fixture(scope="module")
async def still(service_database: Any) -> AsyncIterator[Service]:
    """A service that scores when a test says so."""
    async with running(build, Settings, service_database("scoring_frame"), worker=False) as service:
        yield service


@pytest.fixture
async def shelf(still: Service) -> AsyncIterator[Shelf]:
    """What one worker remembers from score to score; a model speaks."""
    model = await kept(still)
    async with still.database.begin() as tx:
        await models.promote(tx, model, by=BY, note=None, expected=None)
    yield Shelf()
    await clean(still.database, keep=("job", "tier_policy"))
    async with still.database.begin() as tx:
        await tx.run(text("DELETE FROM tier_policy WHERE version > 1"))
        await tx.run(text("UPDATE tier_policy SET status = 'published', retired_at = NULL"))


@pytest.fixture
async def customer(still: Service, shelf: Shelf) -> UUID:
    """One who bought every twenty days and has been silent for five months, scored."""
    one = uuid4()
    await hear(still, registered(one, uuid4()), *(sale(one, 150 + 20 * place) for place in range(20)))
    await scored(still, shelf, one)
    return one


def sale(customer: UUID, days_ago: float, amount: int = 90_000_00, **more: Any) -> OrderRecorded:
    told = order(customer, days_ago, amount, **more)
    return OrderRecorded(subject=told["order_id"], version=1, **told)


async def hear(service: Service, *events: Event) -> None:
    """As the inbox does: all of them in one transaction."""
    async with service.database.begin() as tx:
        for event in events:
            await SCORING_EVENTS[type(event)](tx, event)


async def scored(service: Service, shelf: Shelf, customer: UUID) -> dict[str, Any]:
    """The score of a customer after its turn has come once more."""
    async with service.database.begin() as tx:
        due.mark_due(tx, [customer])
    await rescore_due(service.database, shelf)
    async with service.database.read() as reader:
        row = await reader.row(text("SELECT * FROM score WHERE customer_id = :one").bindparams(one=customer))
    assert row is not None
    return dict(row)


async def test_without_a_model_nobody_is_taken(still: Service) -> None:
    one = uuid4()
    async with still.database.begin() as tx:
        due.mark_due(tx, [one])
        now = tx.now
    assert await rescore_due(still.database, Shelf()) == 0
    async with still.database.read() as reader:
        assert await reader.value(text("SELECT due_at FROM customer_due")) == now
    await clean(still.database, keep=("job", "tier_policy"))


async def test_of_customers_that_were_merged_their_keeper_is_scored_once_with_the_records_of_all(
    still: Service, shelf: Shelf, customer: UUID
) -> None:
    double, sold = uuid4(), sale(other := uuid4(), 149)
    await hear(still, registered(double, uuid4()), registered(other, uuid4()), sold)
    for place, merged in enumerate((other, double)):
        into = (double, customer)[place]
        state = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}
        await hear(
            still, CustomerMerged(subject=merged, version=2, status="merged", merged_into=into, **state)
        )
    async with still.database.begin() as tx:
        due.mark_due(tx, [customer, double, other])
    assert await rescore_due(still.database, shelf) == 3
    async with still.database.read() as reader:
        rows = await reader.rows(text("SELECT customer_id, churn, features FROM score"))
    (score,) = [row for row in rows if row["customer_id"] == customer]
    assert [row["customer_id"] for row in rows if row["customer_id"] in {double, other}] == []
    named = {UUID(each["id"]) for reason in score["churn"]["reasons"] for each in reason["evidence"]}
    assert sold.order_id in named


async def test_a_recommendation_that_was_just_set_is_given(
    still: Service, shelf: Shelf, customer: UUID
) -> None:
    before = (await scored(still, shelf, customer))["churn"]["recommended_action"]
    for words in ("Send them a hamper", "Send them two"):
        body = ActionRuleSet(action="hamper", text_en=words, text_zh="送礼", priority=100)
        async with still.database.begin() as tx:
            await actions.set_rule(tx, "hampers", body, by=BY, expected=None)
        assert (await scored(still, shelf, customer))["churn"]["recommended_action"]["text_en"] == words
    async with still.database.begin() as tx:
        await actions.reset(tx, "hampers", expected=None)
    assert (await scored(still, shelf, customer))["churn"]["recommended_action"] == before


async def test_a_capacity_that_was_just_set_holds_the_next_warning(
    still: Service, shelf: Shelf, customer: UUID
) -> None:
    async def warned() -> str:
        async with still.database.begin() as tx:
            await tx.run(text("DELETE FROM churn_warning"))
        await scored(still, shelf, customer)
        async with still.database.read() as reader:
            return str(await reader.value(text("SELECT status FROM churn_warning")))

    assert await warned() == "open"
    for most, status in ((0, "waiting"), (5, "open")):
        async with still.database.begin() as tx:
            await workload.set_capacity(tx, CapacitySet(most=most), by=BY, expected=None)
        assert await warned() == status


async def test_a_pin_that_was_just_set_counts_and_its_end_does(
    still: Service, shelf: Shelf, customer: UUID
) -> None:
    before = (await scored(still, shelf, customer))["tier"]
    other = "ordinary" if before != "ordinary" else "core"
    async with still.database.begin() as tx:
        ends = tx.now + timedelta(days=10)
        body = TierOverrideCreate(customer_id=customer, tier=other, reason="A word", expires_at=ends)
        pinned = await overrides.pin(tx, body, by=BY)
    assert pinned is not None
    found = await scored(still, shelf, customer)
    assert (found["tier"], found["rule_tier"]) == (other, before)
    async with still.database.begin() as tx:
        await overrides.end(tx, pinned["id"], by=BY, expected=None)
    assert (await scored(still, shelf, customer))["tier"] == before


async def test_an_objection_that_was_just_made_counts_and_its_end_does(
    still: Service, shelf: Shelf, customer: UUID
) -> None:
    assert (await scored(still, shelf, customer))["automatic"]
    async with still.database.begin() as tx:
        made = await objections.make(tx, customer, distributor_id=None, reason=None, by=BY)
    assert made is not None
    assert not (await scored(still, shelf, customer))["automatic"]
    async with still.database.begin() as tx:
        standing = await objections_read.for_update(tx, made["id"])
        assert standing is not None
        await objections.withdraw(tx, standing, distributor_id=None, by=BY, expected=None)
    assert (await scored(still, shelf, customer))["automatic"]


async def test_a_customer_who_was_just_declared_lost_is_until_the_word_is_taken_back(
    still: Service, shelf: Shelf, customer: UUID
) -> None:
    async with still.database.begin() as tx:
        await lifecycle.declare(tx, customer, reason="price", note=None, by=BY)
    found = await scored(still, shelf, customer)
    assert (found["lifecycle_stage"], found["stage_cause"]) == ("lost", "declared_lost")
    async with still.database.begin() as tx:
        await lifecycle.withdraw(tx, customer, by=BY)
    assert (await scored(still, shelf, customer))["stage_cause"] != "declared_lost"


async def test_a_policy_that_was_just_published_decides(still: Service, shelf: Shelf, customer: UUID) -> None:
    assert (await scored(still, shelf, customer))["policy_version"] == 1
    body = TierPolicyCreate.model_validate({"document": {"tiers": {"core_from": 95, "important_from": 90}}})
    async with still.database.begin() as tx:
        version = (await policies.draft(tx, body, author=BY))["version"]
    assert (await scored(still, shelf, customer))["policy_version"] == 1
    async with still.database.begin() as tx:
        await tx.run(text("UPDATE tier_policy SET status = 'retired', retired_at = now() WHERE version = 1"))
        await tx.run(
            text(
                "UPDATE tier_policy SET status = 'published', published_at = now(), effective_from = now(),"
                " applied_at = now() WHERE version = :one"
            ).bindparams(one=version)
        )
    assert (await scored(still, shelf, customer))["policy_version"] == version


async def test_a_model_that_was_just_let_speak_scores(still: Service, shelf: Shelf, customer: UUID) -> None:
    first = (await scored(still, shelf, customer))["model_id"]
    second = await kept(still)
    assert (await scored(still, shelf, customer))["model_id"] == first
    for model in (second, first):
        async with still.database.begin() as tx:
            await models.promote(tx, model, by=BY, note=None, expected=None)
        assert (await scored(still, shelf, customer))["model_id"] == model


async def test_orders_told_together_are_written_once_each_with_all_that_is_known_of_them(
    still: Service, shelf: Shelf
) -> None:
    one, other = uuid4(), uuid4()
    first, again = sale(one, 30, 10_00, channel=None), sale(one, 20, 5_00)
    gone = order(other, 9, 7_00)
    void = OrderVoided(subject=gone["order_id"], version=2, **gone)
    telling = (
        first,
        again,
        first.model_copy(update={"channel": "shop"}),
        OrderRecorded(subject=gone["order_id"], version=1, **gone),
        void,
        sale(other, 8, 3_00),
    )
    for _ in range(2):
        await hear(still, *telling)
        assert (await scored(still, shelf, one))["features"]["sold"] == 15.0
        assert (await scored(still, shelf, other))["features"]["sold"] == 3.0
    async with still.database.read() as reader:
        kept_as = await reader.rows(
            text("SELECT channel FROM order_fact WHERE customer_id = :one").bindparams(one=one)
        )
    assert [row["channel"] for row in kept_as] == ["shop", "shop"]


async def test_the_windows_and_history_of_a_score_are_committed_with_it(
    still: Service, shelf: Shelf, customer: UUID
) -> None:
    async with still.database.read() as reader:
        found = await reader.row(
            text(
                "SELECT s.version, s.scored_at, n.computed_at, h.id IS NOT NULL AS remembered,"
                " t.stage = s.lifecycle_stage AS entered FROM score AS s"
                " LEFT JOIN next_purchase AS n USING (customer_id)"
                " LEFT JOIN score_history AS h ON h.customer_id = s.customer_id AND h.version = s.version"
                " LEFT JOIN stage_history AS t ON t.customer_id = s.customer_id AND t.until IS NULL"
                " WHERE s.customer_id = :one"
            ).bindparams(one=customer)
        )
    assert found is not None
    assert found["computed_at"] == found["scored_at"]
    assert found["remembered"]
    assert found["entered"]


async def test_where_nobody_would_write_an_order_down_it_is_refused(
    still: Service, service_database: Any
) -> None:
    database = Database(service_database("scoring_frame").app_url, max_size=1)
    await database.open()
    with pytest.raises(RuntimeError, match="nothing does"):
        async with database.begin() as tx:
            await SCORING_EVENTS[OrderRecorded](tx, sale(uuid4(), 1))
    await database.close()
