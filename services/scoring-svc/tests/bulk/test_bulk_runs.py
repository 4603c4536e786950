"""A run over a snapshot says what a run by chunks says, row by row, and leaves alone what still stands."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import insert, select, text, update

from scoring_svc.app import build
from scoring_svc.facts.tables import ComplaintRow, ContactRow, OrderRow, PromiseRow, SurveyRow
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.runs import commands, learning
from scoring_svc.runs.snapshots import snapshot
from scoring_svc.scores.commands import Outcome, rescore
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.settings import Settings
from scoring_svc.warnings.tables import ChurnWarning
from shared.composition import Service
from shared.db import Database, prepare
from shared.references.tables import CustomerReference
from shared.testing import clean, running

SCORED = {"scored_at", "next_review_at", "version", "model_id", "id"}
TIMES = ("scored_at", "next_review_at")


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
                "direction": str(chance.choice(["in", "out", "internal"])),
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
                "quality": None, "attitude": None, "delivery": None,
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


async def test_a_run_by_bulk_scores_as_a_run_by_chunks(database: Database) -> None:
    await fill(database, invented(280, 5))
    champion = await learning.learn_and_promote(database, Shelf())
    by_chunk = await swept(database, champion, large=10**9)
    one = await said(database), await said(database, ScoreHistory), await said(database, ChurnWarning)
    async with database.begin() as tx:
        for table in ("score", "score_history", "churn_warning", "outbox"):
            await tx.connection.execute(f"DELETE FROM {table}")
    by_bulk = await swept(database, champion, large=1)
    other = await said(database), await said(database, ScoreHistory), await said(database, ChurnWarning)
    assert by_chunk == by_bulk
    assert by_bulk.scored == len(one[0]) == 280 - 5
    assert by_bulk.warned > 5
    for before, after in zip(one, other, strict=True):
        assert before.keys() == after.keys()
        for customer, row in before.items():
            different = {
                name: (value, after[customer][name])
                for name, value in row.items()
                if name not in {*SCORED, "opened_at", "updated_at"} and not same(value, after[customer][name])
            }
            assert not different, different
    for customer, row in one[0].items():
        for name in TIMES:
            moment, again = row[name], other[0][customer][name]
            assert (moment is None) == (again is None)
            assert moment is None or abs(moment - again) < timedelta(minutes=2)


async def test_what_still_stands_is_left_and_what_moved_is_written(database: Database) -> None:
    await fill(database, invented(200, 6))
    champion = await learning.learn_and_promote(database, Shelf())
    await swept(database, champion, large=10**9)
    before = await said(database)
    quiet = await swept(database, champion, large=1)
    assert (quiet.scored, quiet.changed) == (len(before), 0)
    assert await said(database) == before
    active = [each for each, row in before.items() if row["lifecycle_stage"] == "active"][:5]
    async with database.begin() as tx:
        await tx.run(
            text("UPDATE order_fact SET voided = true WHERE customer_id = any(:ids)").bindparams(ids=active)
        )
        await tx.run(
            update(Score).where(Score.__table__.c.customer_id == active[0]).values(version=7)  # type: ignore[attr-defined]
        )
    moved = await swept(database, champion, large=1)
    after = await said(database)
    changed = {each for each in before if after[each]["version"] != before[each]["version"]}
    assert changed == set(active)
    assert moved.changed == len(active)
    assert {after[each]["version"] for each in active} == {2, 8}
    assert {after[each]["lifecycle_stage"] for each in active} <= {"new", "prospect"}


async def test_a_score_that_was_made_since_the_snapshot_is_left(database: Database) -> None:
    await fill(database, invented(60, 8))
    champion = await learning.learn_and_promote(database, Shelf())
    async with snapshot(database, currency=champion.currency, large=1) as taken:
        assert taken is not None
        async with database.read() as reader:
            customer = (await reader.rows(text("SELECT customer_id AS id FROM order_fact LIMIT 1")))[0]["id"]
        async with database.begin() as tx:
            await rescore(tx, [customer], champion)
        fresh = (await said(database)).copy()
        await commands.sweep(database, champion, cause="daily", learnt=False, progress=on, taken=taken)
    scored = await said(database)
    assert len(scored) > len(fresh) > 0
    assert {each: scored[each] for each in fresh} == fresh


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
    listed = await learning.learn_and_promote(database, Shelf())
    async with snapshot(database, large=1) as taken:
        streamed = await learning.learn_and_promote(database, Shelf(), taken)
    one, other = (each.model.to_document() for each in (listed, streamed))
    assert one["basis"] == other["basis"] == "fitted"
    assert one["horizon_weeks"] == other["horizon_weeks"]
    assert (listed.currency, listed.orders) == (streamed.currency, streamed.orders)
    for name in ("r", "alpha", "a", "b"):
        assert one["purchase"][name] == pytest.approx(other["purchase"][name], rel=1e-3)
    for name, grid in listed.grids.grids[""].items():
        np.testing.assert_allclose(streamed.grids.grids[""][name], grid, rtol=1e-2, atol=1e-2, err_msg=name)


async def test_a_fresh_database_learns_its_prior_model_from_an_empty_snapshot(database: Database) -> None:
    async with snapshot(database, large=0) as taken:
        assert taken is not None
        champion = await learning.learn_and_promote(database, Shelf(), taken)
        outcome = await commands.sweep(
            database, champion, cause="daily", learnt=True, progress=on, taken=taken
        )
    assert champion.model.basis == "prior"
    assert outcome == Outcome()
