"""How customers are spread, how that moved, what is at stake, and who is due to order."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from scoring_svc.expectations.tables import NextPurchase
from scoring_svc.facts.tables import OrderRow, SurveyRow
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.warnings.tables import ChurnWarning
from shared.clock import new_id
from shared.references.tables import CustomerReference
from shared.testing import partner

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
MOMENTS = ("earliest_80", "earliest_50", "expected_at", "latest_50", "latest_80")
MODEL, HOME, AWAY = new_id(), new_id(), new_id()


def moment(days_ago: float) -> datetime:
    return NOW - timedelta(days=days_ago)


async def known(world: Any, *distributors: UUID | None, merged_into: UUID | None = None) -> list[UUID]:
    made = [new_id() for _ in distributors]
    rows = [
        {"id": one, "distributor_id": home, "status": "active", "version": 1, "updated_at": NOW,
         "merged_into": merged_into}
        for one, home in zip(made, distributors, strict=True)
    ]  # fmt: skip
    await world.write(CustomerReference, rows)
    return made


def score(customer: UUID, home: UUID | None, **changes: Any) -> dict[str, Any]:
    return {
        "customer_id": customer, "distributor_id": home, "tier": "ordinary", "tier_since": NOW.date(),
        "contribution": 50.0, "potential": 50.0, "negative_value": False, "lifecycle_stage": "active",
        "stage_since": NOW.date(), "stage_cause": "orders", "expected_purchases": 1.0,
        "expected_value_minor": 100, "value_52_minor": 100, "contributed_52_minor": 1000,
        "currency": "CNY", "horizon_weeks": 13.0,
        "churn_probability": 0.2, "churn_rank": 0.2, "churn_level": "low", "churn": {}, "features": {},
        "policy_version": 1, "model_id": MODEL, "scored_at": NOW, "version": 1, "automatic": True, **changes,
    }  # fmt: skip


def history(
    customer: UUID, days_ago: float, tier: str, value: int, home: UUID | None = None
) -> dict[str, Any]:
    return {
        "id": new_id(), "customer_id": customer, "distributor_id": home, "tier": tier,
        "lifecycle_stage": "active", "stage_cause": "orders", "churn_level": "low", "churn_probability": 0.2,
        "expected_value_minor": value, "currency": "CNY", "policy_version": 1, "model_id": MODEL,
        "scored_at": moment(days_ago), "version": 1,
    }  # fmt: skip


async def test_tiers_are_told_as_they_stood_and_as_they_moved(world: Any) -> None:
    one, two, three = await known(world, HOME, HOME, AWAY)
    (gone,) = await known(world, HOME, merged_into=one)
    await world.write(Score, [score(one, HOME, tier="core"), score(two, HOME), score(three, AWAY)])
    await world.write(
        ScoreHistory,
        [
            history(one, 100, "ordinary", 10, HOME), history(one, 60, "important", 20, HOME),
            history(one, 20, "core", 30, HOME), history(two, 50, "ordinary", 5, HOME),
            history(three, 90, "core", 7, AWAY), history(three, 10, "ordinary", 8, AWAY),
            history(gone, 90, "core", 99, HOME),
        ],
    )  # fmt: skip
    span = {"since": moment(70).isoformat(), "until": NOW.isoformat()}
    told = await world.read("/v1/insights/tiers", **span)
    assert told["customers"] == 3
    moves = {
        (m["before"], m["after"]): (m["customers"], m["expected_value"]["amount_minor"])
        for m in told["migration"]
    }
    assert moves == {("ordinary", "core"): (1, 30), (None, "ordinary"): (1, 5), ("core", "ordinary"): (1, 8)}
    points = {p["at"]: {t["tier"]: t["customers"] for t in p["tiers"]} for p in told["over_time"]}
    assert points == {
        "2026-05-01T00:00:00Z": {"core": 1, "important": 1, "ordinary": 1},
        "2026-06-01T00:00:00Z": {"core": 1, "ordinary": 2},
        "2026-06-10T12:00:00Z": {"core": 1, "ordinary": 2},
    }
    mine = await world.read("/v1/insights/tiers", partner(AWAY, "scores:read"), **span)
    assert mine["customers"] == 1
    assert [(m["before"], m["after"]) for m in mine["migration"]] == [("core", "ordinary")]
    shanghai = await world.read("/v1/insights/tiers", **span, timezone="Asia/Shanghai", period="week")
    assert shanghai["over_time"][0]["at"] == "2026-04-05T16:00:00Z"


async def test_churn_counts_levels_stages_warnings_and_what_is_at_stake(world: Any) -> None:
    one, two, three = await known(world, HOME, HOME, AWAY)
    risky = {"lifecycle_stage": "at_risk", "churn_level": "high", "churn_probability": 0.8}
    unknown = {"lifecycle_stage": "prospect", "churn_level": "unknown", "churn_probability": None}
    await world.write(Score, [score(one, HOME, **risky), score(two, HOME), score(three, AWAY, **unknown)])
    reasons = [{"code": "own_rhythm_broken"}, {"code": "complaint_open"}]
    warning = {
        "level": "high", "probability": 0.8, "expected_value_minor": 1, "contributed_52_minor": 1000,
        "currency": "CNY", "recommended_action": {}, "opened_at": moment(9), "version": 1,
        "distributor_id": HOME, "horizon_weeks": 13.0, "at_risk_minor": 800, "due_at": moment(-5),
    }  # fmt: skip
    await world.write(
        ChurnWarning,
        [
            {**warning, "id": new_id(), "customer_id": one, "status": "open", "reasons": reasons},
            {**warning, "id": new_id(), "customer_id": two, "status": "acknowledged", "reasons": reasons[:1]},
            {**warning, "id": new_id(), "customer_id": two, "status": "closed", "outcome": "retained",
             "closed_at": moment(3), "reasons": reasons},
        ],
    )  # fmt: skip
    span = {"since": moment(30).isoformat(), "until": NOW.isoformat()}
    told = await world.read("/v1/insights/churn", **span)
    assert {each["level"]: each["customers"] for each in told["levels"]} == {
        "high": 1,
        "medium": 0,
        "low": 1,
        "unknown": 1,
    }
    assert {each["level"]: each["mean_probability"] for each in told["levels"]}["high"] == pytest.approx(0.8)
    assert told["at_risk"]["contributed_52"]["amount_minor"] == 1000
    assert told["likely_loss"]["amount_minor"] == 1000
    assert (told["open_warnings"], told["acknowledged_warnings"]) == (1, 1)
    assert [(each["code"], each["warnings"]) for each in told["reasons"]] == [
        ("own_rhythm_broken", 2),
        ("complaint_open", 1),
    ]
    assert told["outcomes"] == [{"outcome": "retained", "warnings": 1}]
    foreign = await world.read("/v1/insights/churn", partner(AWAY, "scores:read"), **span)
    assert (foreign["customers"], foreign["open_warnings"], foreign["reasons"]) == (1, 0, [])
    for tier, count in (("ordinary", 3), ("core", 0)):
        assert (await world.read("/v1/insights/churn", **span, tier=tier))["customers"] == count


async def test_what_followed_answers_is_told_from_ten_on(world: Any) -> None:
    customers = await known(world, *[HOME] * 12)
    surveys, orders = [], []
    for number, customer in enumerate(customers):
        surveys.append(
            {"response_id": new_id(), "customer_id": customer, "answered_at": moment(200), "score": 4.5}
        )
        surveys.append(
            {"response_id": new_id(), "customer_id": customer, "answered_at": moment(20), "score": 1.0}
        )
        for days_ago, amount in ((230, 1000), (150, 500)) if number < 6 else ((230, 1000),):
            orders.append(
                {"order_id": new_id(), "customer_id": customer, "ordered_at": moment(days_ago),
                 "amount_minor": amount, "currency": "CNY", "is_return": False, "voided": False}
            )  # fmt: skip
    await world.write(SurveyRow, surveys)
    await world.write(OrderRow, orders)
    told = await world.read(
        "/v1/insights/satisfaction", since=moment(300).isoformat(), until=moment(100).isoformat()
    )
    bad, _, good = told["data"]
    assert (bad["answers"], bad["too_little"], bad["ordered"]) == (0, True, None)
    assert (good["answers"], good["ordered"]) == (12, pytest.approx(0.5))
    assert (good["mean_before"]["amount_minor"], good["mean_after"]["amount_minor"]) == (1000, 250)
    assert good["change"] == pytest.approx(-0.75)


async def test_who_is_due_is_listed_by_when_within_sight(world: Any) -> None:
    customers = await known(world, HOME, AWAY, HOME)
    rows = [
        {
            "customer_id": customer, "tier": "core" if days == 2 else "ordinary", "p_alive": alive,
            **dict.fromkeys(MOMENTS, NOW + timedelta(days=days)),
            "model_id": MODEL, "computed_at": NOW,
        }
        for customer, days, alive in zip(customers, (5, 2, 9), (0.9, 0.8, 0.3), strict=True)
    ]  # fmt: skip
    await world.write(NextPurchase, rows)
    listed = await world.read("/v1/insights/next-purchases", limit=1, min_alive=0)
    assert [each["customer_id"] for each in listed["data"]] == [str(customers[1])]
    more = await world.read(
        "/v1/insights/next-purchases", limit=1, min_alive=0, cursor=listed["page"]["next_cursor"]
    )
    assert [each["customer_id"] for each in more["data"]] == [str(customers[0])]
    week = (NOW + timedelta(days=7)).isoformat()
    assert len((await world.read("/v1/insights/next-purchases", due_before=week))["data"]) == 2
    assert len((await world.read("/v1/insights/next-purchases", tier="core"))["data"]) == 1
    own = await world.read("/v1/insights/next-purchases", partner(HOME, "scores:read"))
    assert [each["customer_id"] for each in own["data"]] == [str(customers[0])]
    assert own["data"][0]["model_version"] == str(MODEL)
    nobody = await world.read("/v1/insights/next-purchases", customer_id=uuid4())
    assert nobody["data"] == []
