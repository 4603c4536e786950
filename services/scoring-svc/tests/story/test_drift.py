"""Drift is looked at, alarms rise and clear, and scores are kept until it is known what became of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from sqlalchemy import text

from scoring_svc.drift import commands, jobs
from scoring_svc.drift.domain import Finding, findings, lateness, maturity, reason_mix
from scoring_svc.drift.jobs import LOOK
from scoring_svc.drift.snapshots import followed
from scoring_svc.facts.commands import add_orders
from scoring_svc.modelling.facts import record
from scoring_svc.models.queries import Shelf
from shared.composition import Service
from shared.events.customer import ImportedOrder
from shared.jobs import enqueue
from shared.testing import service_client, staff

from .proofs import facts, kept, model
from .stories import NOW, order, registered, tell, until

CALM: dict[str, Any] = {
    "customers": 0, "reference_customers": 0, "inputs": {}, "score": None,
    "matured": {"together": {"customers": 0}, "weeks": []},
    "fits": {"models": 0, "prior": 0.0, "degenerate": 0.0},
    "reasons": {"customers": 0, "shares": {}, "moved": None}, "feeds": {},
}  # fmt: skip


def _judged(**changes: Any) -> dict[str, tuple[str, float]]:
    found = findings({**CALM, **changes}, {"brier": 0.11, "ece": 0.02})
    return {each.measure: (each.level, each.bound) for each in found}


def test_what_is_within_its_bounds_is_calm_and_what_is_not_says_which_bound() -> None:
    def shift(size: float) -> dict[str, float]:
        return {"psi": size, "noise": 0.0, "beyond_noise": size}

    assert _judged() == {}
    found = _judged(inputs={"gap": shift(0.09), "silence": shift(0.12)}, score=shift(0.3))
    assert found == {"psi.silence": ("warn", 0.1), "psi.score": ("alarm", 0.25)}
    true = {"customers": 400, "brier": 0.14, "ece": 0.13, "orders_bias": -0.6}
    found = _judged(matured={"together": true, "weeks": []})
    assert found == {"brier": ("warn", 0.13), "ece": ("alarm", 0.12), "orders_bias": ("alarm", 0.5)}
    assert _judged(matured={"together": {**true, "customers": 99}, "weeks": []}) == {}
    assert _judged(fits={"models": 8, "prior": 0.95, "degenerate": 0.1}) == {"fits.prior": ("alarm", 0.9)}
    assert _judged(feeds={"orders": {"days_since": 9.0, "bound": 5.0}, "surveys": None}) == {
        "feed.orders": ("warn", 5.0)
    }
    assert _judged(reasons={"customers": 200, "shares": {}, "moved": 0.5}) == {"reasons": ("alarm", 0.4)}


def test_a_feed_that_is_seldom_heard_is_never_late_and_reasons_are_compared_by_share() -> None:
    assert lateness(40.0, active_days=9, over_days=90) is None
    assert lateness(40.0, active_days=90, over_days=90) == {"days_since": 40.0, "bound": 5.0}
    mix = reason_mix({"purchase": 60, "complaint": 40}, {"purchase": 0.9, "complaint": 0.1})
    assert mix["moved"] == pytest.approx(0.3)
    assert reason_mix({"purchase": 5}, {"purchase": 1.0})["moved"] is None
    assert reason_mix({}, None) == {"customers": 0, "shares": {}, "moved": None}


def test_kept_scores_are_told_by_week_and_orders_counted_by_day_within_the_window() -> None:
    day = NOW.date()
    rows = [
        {"taken_on": day - timedelta(weeks=week), "probability": 0.5, "expected_orders": 1.0, "orders": gone}
        for week in (8, 9)
        for gone in (0.0, 2.0)
    ]
    told = maturity(rows)
    assert [week["customers"] for week in told["weeks"]] == [2, 2]
    assert told["together"]["brier"] == 0.25
    assert told["together"]["orders_bias"] == 0.0
    at = np.array(["2026-01-01", "2026-01-02", "2026-01-02T09", "2026-01-20"], "datetime64[us]")
    facts = record(["a"], orders={"customer": ["a"] * 4, "ts": at, "amount": [1.0] * 4})
    window = np.array(["2026-01-01T12"], "datetime64[us]"), np.array(["2026-01-10"], "datetime64[us]")
    assert followed(facts, np.array([0]), *window).tolist() == [1.0]


async def _report(scoring: Service, champion: UUID, *found: Finding) -> None:
    async with scoring.database.begin() as tx:
        await commands.report(tx, champion, CALM, found)


async def test_an_alarm_rises_is_taken_care_of_and_clears_and_has_a_model_learnt_in_the_shadow(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    champion = await kept(scoring)
    warning, alarm = Finding("psi.gap", "warn", 0.12, 0.1), Finding("psi.gap", "alarm", 0.3, 0.25)
    await _report(scoring, champion, warning)
    query = f"/v1/model-alarms?model_id={champion}"
    (found,) = (await manager.get(query)).json()["data"]
    assert (found["measure"], found["level"], found["state"]) == ("psi.gap", "warn", "open")
    taken = await manager.post(f"/v1/model-alarms/{found['id']}/acknowledge")
    assert taken.json()["state"] == "acknowledged"
    await _report(scoring, champion, warning)
    assert (await manager.get(f"/v1/model-alarms/{found['id']}")).json()["state"] == "acknowledged"
    before = {each["id"] for each in (await manager.get("/v1/models")).json()["data"]}
    await _report(scoring, champion, alarm)
    (risen,) = (await manager.get(query)).json()["data"]
    assert (risen["id"], risen["level"], risen["state"]) == (found["id"], "alarm", "open")

    async def learnt() -> dict[str, Any] | None:
        models = (await manager.get("/v1/models")).json()["data"]
        return next((each for each in models if each["id"] not in before), None)

    shadow = await until(learnt)
    assert (shadow["status"], shadow["cause"]) == ("shadow", "drift")
    await _report(scoring, champion)
    (cleared,) = (await manager.get(query)).json()["data"]
    assert cleared["state"] == "cleared"
    late = await manager.post(f"/v1/model-alarms/{found['id']}/acknowledge")
    assert (late.status_code, late.json()["code"]) == (409, "alarm_cleared")
    levels = [each["level"] for each in (await manager.get(f"/v1/models/{champion}/drift")).json()["data"]]
    assert levels == ["calm", "alarm", "warn", "warn"]
    async with scoring.database.read() as reader:
        told = await reader.rows(
            text("SELECT payload FROM outbox WHERE type = 'model.drifted.v1' ORDER BY seq")
        )
    assert [row["payload"]["data"]["alert"] for row in told] == ["warn", "alarm"]
    async with service_client(scoring, staff("analyst")) as analyst:
        assert (await analyst.post(f"/v1/model-alarms/{found['id']}/acknowledge")).status_code == 403
        assert (await analyst.get(f"/v1/models/{uuid4()}/drift")).status_code == 404


async def test_a_kept_score_is_settled_when_its_horizon_has_closed(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    buyer, leaver = uuid4(), uuid4()
    await tell(scoring, registered(buyer), registered(leaver))

    async def scored() -> bool:
        return (await manager.get("/v1/scores?count=exact")).json()["page"]["total"] == 2

    await until(scored)
    async with scoring.database.begin() as tx:
        await add_orders(tx, [ImportedOrder(**order(buyer, day)) for day in (10, 20, 90)])
        insert = (
            "INSERT INTO score_snapshot SELECT customer_id, current_date - 35, now() - interval '5 weeks',"
            " now() - interval '1 week', model_id, 4, 0.4, 1.5, NULL FROM score"
        )
        await tx.run(text(insert))
        await enqueue(tx, LOOK, {})
    champion = (await manager.get("/v1/models?status=champion")).json()["data"][0]["id"]

    async def looked() -> dict[str, Any] | None:
        found = (await manager.get(f"/v1/models/{champion}/drift")).json()["data"]
        return found[0] if found else None

    look = await until(looked)
    together = look["figures"]["matured"]["together"]
    assert (together["customers"], together["actual_orders"], together["left_share"]) == (2, 2.0, 0.5)
    async with scoring.database.read() as reader:
        orders = await reader.rows(text("SELECT orders FROM score_snapshot ORDER BY orders NULLS LAST"))
    assert [row["orders"] for row in orders] == [0.0, 2.0]


async def test_how_customers_stand_now_is_measured_against_how_they_stood(scoring: Service) -> None:
    champion_id = await kept(scoring)
    async with scoring.database.read() as reader:
        champion = await Shelf().one(reader, champion_id)
    calm = jobs._shifted(facts(), champion, NOW)
    assert max(shift["beyond_noise"] for shift in calm["inputs"].values()) < 0.01
    later = jobs._shifted(facts(), champion, NOW + timedelta(weeks=12))
    assert later["inputs"]["silence"]["beyond_noise"] > 0.25
    assert later["score"]["beyond_noise"] > 0.1
    assert model().card["reference"]["customers"] == calm["customers"]
