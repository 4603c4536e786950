"""A run over a snapshot says what a run by chunks says, row by row, and leaves alone what still stands."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from scoring_svc.app import build
from scoring_svc.decisions.tables import DecisionRow
from scoring_svc.expectations.tables import NextPurchase
from scoring_svc.facts.tables import ComplaintRow, ContactRow, OrderRow, PromiseRow, SurveyRow
from scoring_svc.lifecycle.tables import LossDeclaration, StageRow
from scoring_svc.modelling.policy import Policy
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.objections.tables import Objection
from scoring_svc.overrides.tables import TierOverride
from scoring_svc.policies import queries as policies
from scoring_svc.policies.commands import publish_default
from scoring_svc.policies.segments import markets, segments
from scoring_svc.profiles.kinds import CODES, NOBODY_SAID, kinds
from scoring_svc.profiles.tables import CustomerProfile
from scoring_svc.runs import commands, learning
from scoring_svc.runs.queries import everybody
from scoring_svc.runs.snapshots import snapshot
from scoring_svc.scores.commands import Outcome
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.settings import Settings
from scoring_svc.warnings.tables import ChurnWarning
from shared.composition import Service
from shared.db import Database, prepare
from shared.references.tables import CustomerReference
from shared.testing import clean, running

INDUSTRIES = ("tea", "steel", None)
SCORED = {"scored_at", "next_review_at", "model_id", "id"}
UNLIKE = {*SCORED, "opened_at", "updated_at", "raised_at", "due_at", "decided_at", "computed_at", "basis"} | {
    "earliest_80", "earliest_50", "expected_at", "latest_50", "latest_80",
}  # fmt: skip
BANDS = ("tier", "rule_tier", "lifecycle_stage", "churn_level", "negative_value", "automatic")
DERIVED = (
    "score", "score_history", "churn_warning", "stage_history", "next_purchase", "decision", "outbox",
    "customer_state",
)  # fmt: skip


@pytest.fixture(scope="module")
async def service(service_database: Any) -> AsyncIterator[Service]:
    async with running(build, Settings, service_database("scoring_bulk"), worker=False) as service:
        yield service


@pytest.fixture
async def database(service: Service) -> AsyncIterator[Database]:
    await clean(service.database, keep=("job", "tier_policy"))
    yield service.database
    await clean(service.database, keep=("job", "tier_policy"))


def invented(customers: int, seed: int) -> dict[type[Any], list[dict[str, Any]]]:
    """Customers of whom some have no fact, some were merged and some order in another currency."""
    chance, now = np.random.default_rng(seed), datetime.now(UTC) - timedelta(minutes=1)
    ids = [UUID(bytes=chance.bytes(16), version=4) for _ in range(customers)]
    rows: dict[type[Any], list[dict[str, Any]]] = {
        CustomerReference: [
            {
                "id": each, "version": 1, "distributor_id": uuid4() if place % 3 else None,
                "owner_id": uuid4(), "org_unit_id": None, "status": "active", "channel": None,
                "updated_at": now,
                "merged_into": ids[place - 1] if place % 50 == 49 else None,
            }
            for place, each in enumerate(ids)
        ],
        CustomerProfile: [
            {
                "customer_id": each, "kind": None, "industry": INDUSTRIES[place % 3], "region": None,
                "size": None, "referred_by": ids[(place * 7) % 40] if place % 5 == 0 else None, "version": 1,
            }
            for place, each in enumerate(ids)
            if place % 11
        ],
        OrderRow: [], ContactRow: [], ComplaintRow: [], SurveyRow: [], PromiseRow: [],
    }  # fmt: skip

    def ago(most: float) -> datetime:
        return now - timedelta(days=float(chance.uniform(0, most)))

    def later(moment: datetime, share: float) -> datetime | None:
        return moment + timedelta(days=float(chance.uniform(0, 40))) if chance.random() < share else None

    for each in ids[: customers - customers // 10]:
        start = float(chance.uniform(30, 700))
        for _ in range(chance.poisson(chance.gamma(2.0, 4.0))):
            rows[OrderRow].append({
                "order_id": uuid4(), "customer_id": each, "ordered_at": ago(start),
                "amount_minor": int(chance.gamma(2.0, 5000.0)),
                "currency": "CNY" if chance.random() < 0.97 else "EUR",
                "is_return": bool(chance.random() < 0.08), "voided": bool(chance.random() < 0.02),
                "channel": None,
            })  # fmt: skip
        for _ in range(chance.poisson(2.0)):
            rows[ContactRow].append({
                "interaction_id": uuid4(), "customer_id": each, "occurred_at": ago(300),
                "direction": str(chance.choice(["inbound", "outbound", "internal"])),
                "withdrawn": bool(chance.random() < 0.05),
            })  # fmt: skip
        if chance.random() < 0.3:
            opened = ago(200)
            rows[ComplaintRow].append({
                "complaint_id": uuid4(), "customer_id": each, "opened_at": opened, "severity": 3,
                "resolved_at": later(opened, 0.6), "merged": False, "version": 1,
            })  # fmt: skip
            rows[SurveyRow].append({
                "response_id": uuid4(), "customer_id": each, "answered_at": ago(200), "score": 2.5,
                "quality": 3.0 if chance.random() < 0.5 else None, "attitude": None, "delivery": 2.0,
            })  # fmt: skip
            broken = ago(200)
            rows[PromiseRow].append({
                "promise_id": uuid4(), "customer_id": each, "made_at": None, "due_at": broken,
                "broken_at": broken,
                "settled_at": later(broken, 0.5), "version": 1,
            })  # fmt: skip
    return rows


async def fill(database: Database, rows: dict[type[Any], list[dict[str, Any]]]) -> None:
    async with database.begin() as tx:
        for table, items in rows.items():
            if items:
                await tx.run_many(prepare(insert(table), *items[0]), items)


async def on(_done: int, _total: int) -> bool:
    return True


async def swept(database: Database, champion: Champion, *, large: int) -> Outcome:
    """A daily run; by bulk when the base has `large` customers."""
    async with snapshot(database, currency=champion.currency, large=large) as taken:
        assert (taken is not None) == (large <= 1)
        return await commands.sweep(database, champion, cause="daily", learnt=False, progress=on, taken=taken)


async def said(database: Database, table: type[Any] = Score) -> dict[UUID, dict[str, Any]]:
    async with database.read() as reader:
        return {row["customer_id"]: dict(row) for row in await reader.rows(select(table))}


def same(one: Any, other: Any) -> bool:
    """Equal, numbers to 1e-9."""
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return abs(one - other) <= 1e-9 * max(1.0, abs(one))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


async def by_segments(database: Database) -> None:
    """Have the policy rank within industries."""
    rule = replace(Policy().tiers, segments=("industry",), smallest_segment=50)
    async with database.begin() as tx:
        await publish_default(tx)
        version = (await policies.current(tx)).version
        policy = replace(Policy(), version=version, tiers=rule)
        await tx.connection.execute(
            "UPDATE tier_policy SET document = $1, digest = $2 WHERE version = $3",
            policy.to_document(),
            policy.digest(),
            version,
        )


async def back_to(database: Database, scores: dict[UUID, dict[str, Any]]) -> None:
    """Forget everything that was derived but these scores; states are built anew from the log."""
    async with database.begin() as tx:
        for table in DERIVED:
            await tx.connection.execute(f"DELETE FROM {table}")
    if scores:
        await fill(database, {Score: list(scores.values())})


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (value, other[name])
        for name, value in one.items()
        if name not in UNLIKE and not same(value, other[name])
    }


async def derived(database: Database) -> list[dict[Any, Any]]:
    """What a run wrote beside scores, by customer."""
    return [await said(database, table) for table in (ScoreHistory, ChurnWarning, StageRow, NextPurchase)]


async def test_a_run_by_bulk_scores_as_a_run_by_chunks(database: Database) -> None:
    await fill(database, invented(280, 5))
    await by_segments(database)
    champion = await learning.learn_and_promote(database, Shelf())
    by_chunk = await swept(database, champion, large=10**9)
    one, beside = await said(database), await derived(database)
    await back_to(database, {})
    by_bulk = await swept(database, champion, large=1)
    other = await said(database)
    assert by_chunk == by_bulk
    assert by_bulk.scored == len(one) == 280 - 5
    assert by_bulk.warned > 5
    for before, after in zip([one, *beside], [other, *await derived(database)], strict=True):
        assert before.keys() == after.keys()
        assert not {key: found for key in before if (found := differences(before[key], after[key]))}


async def test_whatever_binds_a_score_binds_it_in_bulk(database: Database) -> None:
    await fill(database, invented(280, 5))
    await by_segments(database)
    champion = await learning.learn_and_promote(database, Shelf())
    await swept(database, champion, large=10**9)
    first = await said(database)
    pinned, lost, unsaid, objecting, voided = await bind(database, first)
    await back_to(database, first)
    await swept(database, champion, large=10**9)
    by_chunk, decided = await said(database), await said(database, DecisionRow)
    await back_to(database, first)
    await swept(database, champion, large=1)
    by_bulk = await said(database)
    written = {each for each, row in by_bulk.items() if row["version"] != first[each]["version"]}
    assert {*pinned, *lost, *unsaid, *objecting, *voided} <= written
    assert len(written) < len(by_bulk) / 3
    assert {by_bulk[each]["tier"] for each in pinned} == {"core"}
    assert {by_bulk[each]["lifecycle_stage"] for each in lost} == {"lost"}
    assert "lost" not in {by_bulk[each]["lifecycle_stage"] for each in unsaid}
    assert {by_bulk[each]["automatic"] for each in objecting} == {False}
    for customer, row in by_bulk.items():
        kept = first[customer] if customer not in written else by_chunk[customer]
        assert not differences(kept, row)
        assert all(row[name] == by_chunk[customer][name] for name in BANDS)
    assert (await said(database, ChurnWarning)).keys().isdisjoint(objecting)
    assert (await said(database, DecisionRow)).keys() == decided.keys()
    again = await swept(database, champion, large=1)
    assert again.changed == 0
    quiet = await said(database)
    assert not any(
        differences({**by_bulk[each], "version": 0}, {**row, "version": 0}) for each, row in quiet.items()
    )
    assert sum(row["version"] != by_bulk[each]["version"] for each, row in quiet.items()) < len(quiet) / 10


async def test_kinds_of_customers_make_the_segments_that_customers_make(database: Database) -> None:
    await fill(database, invented(120, 7))
    async with database.begin() as tx:
        await tx.connection.execute(
            "UPDATE customer_ref SET channel = 'shop' WHERE version % 2 = 1 AND id < $1", UUID(int=2**127)
        )
        await tx.connection.execute("UPDATE customer_profile SET region = '310115' WHERE industry = 'tea'")
    async with database.read() as reader:
        customers = await everybody(reader)
        told = {row["customer_id"]: row["code"] for row in await reader.rows(prepare(CODES))}
        codes = np.array([told.get(each, NOBODY_SAID) for each in customers])
        found = await kinds(reader)
        for attributes in (("industry",), ("region", "channel", "industry")):
            one, other = await segments(reader, customers, attributes), found.segments(codes, attributes)
            places = range(len(customers))
            assert [one.label(place) for place in places] == [other.label(place) for place in places]
            assert len(one.names) > 2
        assert (await markets(reader, customers)).tolist() == found.markets(codes).tolist()
        assert len(found.codes) < 10 < len(told) < len(customers)


async def bind(database: Database, scores: dict[UUID, dict[str, Any]]) -> list[list[UUID]]:
    """Pin some, declare some lost, take a word back, have some object, and void the orders of some."""
    now, person = datetime.now(UTC), uuid4()

    def some(count: int, **fitting: Any) -> list[UUID]:
        found = [
            each
            for each, row in scores.items()
            if each not in taken and all(row[name] == value for name, value in fitting.items())
        ][:count]
        taken.update(found)
        return found

    taken: set[UUID] = set()
    pinned = some(3, tier="ordinary", lifecycle_stage="active")
    lost, unsaid = some(3, lifecycle_stage="active"), some(2, lifecycle_stage="active")
    objecting, voided = some(3, lifecycle_stage="at_risk"), some(4, lifecycle_stage="active")
    for each in unsaid:
        scores[each] |= {"lifecycle_stage": "lost", "stage_cause": "declared_lost"}
    rows: dict[type[Any], list[dict[str, Any]]] = {
        TierOverride: [
            {
                "id": uuid4(), "customer_id": each, "origin_id": None, "distributor_id": None,
                "tier": "core", "reason": "asked for", "created_by": person, "created_at": now,
                "expires_at": now + timedelta(days=90), "ended_at": None, "ended_by": None,
                "end_cause": None, "version": 1,
            }
            for each in pinned
        ],
        LossDeclaration: [
            {
                "id": uuid4(), "customer_id": each, "reason": "price", "note": None,
                "declared_by": person, "declared_at": now, "ended_at": None, "ended_by": None,
            }
            for each in lost
        ],
        Objection: [
            {
                "id": uuid4(), "customer_id": each, "reason": None, "status": "standing",
                "made_by": person, "made_at": now, "withdrawn_by": None, "withdrawn_at": None, "version": 1,
            }
            for each in objecting
        ],
    }  # fmt: skip
    await fill(database, rows)
    async with database.begin() as tx:
        await tx.connection.execute(
            "UPDATE order_fact SET voided = true WHERE customer_id = any($1::uuid[])", voided
        )
    return [pinned, lost, unsaid, objecting, voided]


async def test_what_happened_since_the_snapshot_counts_when_a_score_is_written(database: Database) -> None:
    await fill(database, invented(60, 8))
    champion = await learning.learn_and_promote(database, Shelf())
    async with snapshot(database, currency=champion.currency, large=1) as taken:
        assert taken is not None
        async with database.begin() as tx:
            customer = (await tx.rows(text("SELECT customer_id AS id FROM order_fact LIMIT 1")))[0]["id"]
            await tx.run(
                text("UPDATE order_fact SET voided = true WHERE customer_id = :id").bindparams(id=customer)
            )
        await commands.sweep(database, champion, cause="daily", learnt=False, progress=on, taken=taken)
    assert (await said(database))[customer]["features"]["order_days"] == 0


async def test_a_snapshot_in_another_currency_is_left_and_everybody_scored(database: Database) -> None:
    await fill(database, invented(60, 8))
    champion = await learning.learn_and_promote(database, Shelf())
    async with snapshot(database, currency="EUR", large=1) as taken:
        outcome = await commands.sweep(
            database, champion, cause="daily", learnt=False, progress=on, taken=taken
        )
    rows = await said(database)
    assert outcome.scored == len(rows)
    assert {row["currency"] for row in rows.values()} == {champion.currency}


async def test_a_run_that_is_stopped_leaves_no_record_of_being_whole(database: Database) -> None:
    await fill(database, invented(40, 9))
    champion = await learning.learn_and_promote(database, Shelf())

    async def stop(_done: int, _total: int) -> bool:
        return False

    async with snapshot(database, large=1) as taken:
        outcome = await commands.sweep(
            database, champion, cause="daily", learnt=False, progress=stop, taken=taken
        )
    assert not outcome.whole
    async with database.read() as reader:
        assert await reader.value(text("SELECT count(*) FROM scoring_run")) == 0


async def test_a_model_learnt_from_a_snapshot_is_the_one_learnt_from_lists(database: Database) -> None:
    await fill(database, invented(400, 10))
    await by_segments(database)
    listed = await learning.learn_and_promote(database, Shelf())
    async with snapshot(database, large=1) as taken:
        streamed = await learning.learn_and_promote(database, Shelf(), taken=taken)
    assert listed.id != streamed.id
    one, other = (each.model.to_document() for each in (listed, streamed))
    assert one["basis"] == other["basis"] == "fitted"
    assert one["horizon_weeks"] == other["horizon_weeks"]
    assert (listed.currency, listed.orders) == (streamed.currency, streamed.orders)
    for name in ("r", "alpha", "a", "b"):
        assert one["purchase"][name] == pytest.approx(other["purchase"][name], rel=1e-3)
    async with database.read() as reader:
        ours = await listed.standards.current(reader, listed.id)
        theirs = await streamed.standards.current(reader, streamed.id)
    assert ours.grids.grids.keys() == theirs.grids.grids.keys() > {""}
    for segment, grids in ours.grids.grids.items():
        for name, grid in grids.items():
            found = theirs.grids.grids[segment][name]
            np.testing.assert_allclose(found, grid, rtol=1e-2, atol=1e-2, err_msg=f"{segment} {name}")


async def test_a_fresh_database_learns_its_prior_model_from_an_empty_snapshot(database: Database) -> None:
    async with snapshot(database, large=0) as taken:
        assert taken is not None
        champion = await learning.learn_and_promote(database, Shelf(), taken=taken)
        outcome = await commands.sweep(
            database, champion, cause="daily", learnt=True, progress=on, taken=taken
        )
    assert champion.model.basis == "prior"
    assert outcome == Outcome()
