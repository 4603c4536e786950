"""Models in the shadow, promoted and taken back: the pointer moves once, and everybody is scored by it."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from scoring_svc.drift import commands as drift
from scoring_svc.drift import queries as alarms
from scoring_svc.drift.domain import Finding
from scoring_svc.models import commands as models
from scoring_svc.models.queries import Shelf
from scoring_svc.provenance import CODE_HASH, FEATURE_HASH
from scoring_svc.runs.learning import learn_and_promote
from shared.composition import Service
from shared.testing import service_client, staff

from .proofs import kept
from .stories import registered, tell, until


async def _speaking(client: httpx.AsyncClient) -> UUID | None:
    found = (await client.get("/v1/models?status=champion")).json()["data"]
    return UUID(found[0]["id"]) if found else None


async def _first(client: httpx.AsyncClient) -> UUID:
    found: UUID = await until(lambda: _speaking(client))
    return found


async def test_a_model_of_the_shadow_says_what_it_was_learnt_from_and_speaks_to_nobody(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    before = await _first(manager)
    model = await kept(scoring)
    found = (await manager.get(f"/v1/models/{model}")).json()
    assert found["status"] == "shadow"
    assert (found["code_hash"], found["feature_hash"]) == (CODE_HASH, FEATURE_HASH)
    assert len(found["row_hash"]) == 64
    assert found["row_counts"]["customers"] == 300
    assert found["metrics"]["folds"] == 3
    assert found["calibration"]["bins"]
    assert found["card"].startswith("# Model card")
    chinese = await manager.get(f"/v1/models/{model}", headers={"Accept-Language": "zh-CN"})
    assert "模型卡" in chinese.json()["card"]
    assert await _speaking(manager) == before


async def test_a_promoted_model_scores_everybody_and_rolling_back_brings_the_one_before(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    before, model, customer = await _first(manager), await kept(scoring), uuid4()
    await tell(scoring, registered(customer))
    etag = (await manager.get(f"/v1/models/{model}")).headers["etag"]
    body = {"note": "已核对回测"}
    stale = await manager.post(f"/v1/models/{model}/promote", json=body, headers={"If-Match": '"v99"'})
    assert stale.status_code == 412
    moved = await manager.post(f"/v1/models/{model}/promote", json=body, headers={"If-Match": etag})
    assert moved.status_code == 200
    assert moved.json()["model"]["status"] == "champion"
    assert moved.json()["model"]["replaced_id"] == str(before)

    async def scored_by(which: UUID) -> bool:
        answer = await manager.get(f"/v1/scores/{customer}")
        return answer.status_code == 200 and answer.json()["model_version"] == str(which)

    await until(lambda: scored_by(model))
    again = await manager.post(f"/v1/models/{model}/promote")
    assert (again.status_code, again.json()["code"]) == (409, "model_is_champion")
    back = await manager.post(f"/v1/models/{model}/rollback")
    assert back.json()["model"]["id"] == str(before)
    await until(lambda: scored_by(before))
    twice = await manager.post(f"/v1/models/{model}/rollback")
    assert (twice.status_code, twice.json()["code"]) == (409, "model_not_champion")
    told = (await manager.get(f"/v1/models/{model}")).json()
    assert (told["status"], [move["note"] for move in told["history"]]) == ("retired", ["已核对回测"])
    async with scoring.database.read() as reader:
        events = await reader.rows(text("SELECT payload FROM outbox WHERE type = 'model.promoted.v1'"))
    actions = [row["payload"]["data"]["action"] for row in events]
    assert {"promoted", "rolled_back"} <= set(actions)


async def test_of_two_who_promote_at_once_one_wins(scoring: Service, manager: httpx.AsyncClient) -> None:
    before = await _first(manager)
    chosen = [await kept(scoring) for _ in range(2)]
    async with scoring.database.begin() as tx:
        await models.promote(tx, chosen[0], by=uuid4(), note=None, expected=None)
        late = await manager.post(f"/v1/models/{chosen[1]}/promote")
        assert (late.status_code, late.json()["code"]) == (409, "promotion_underway")
    answers = await asyncio.gather(*(manager.post(f"/v1/models/{chosen[0]}/rollback") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert await _speaking(manager) == before
    async with scoring.database.read() as reader:
        assert await reader.value(text("SELECT count(*) FROM model WHERE status = 'champion'")) == 1


async def test_the_very_first_model_cannot_be_taken_back(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    champion = await _first(manager)
    async with scoring.database.begin() as tx:
        await tx.run(text(f"UPDATE model SET replaced_id = NULL WHERE id = '{champion}'"))
    answer = await manager.post(f"/v1/models/{champion}/rollback")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_before")


async def test_what_the_gate_holds_back_stays_in_the_shadow_with_the_reason(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    before, model = await _first(manager), await kept(scoring)
    assert (await manager.post(f"/v1/models/{model}/promote")).status_code == 200
    shelf = Shelf()
    champion = await learn_and_promote(scoring.database, shelf, cause="daily")
    assert champion.id == model
    newest = (await manager.get("/v1/models?limit=1")).json()["data"][0]
    assert (newest["status"], newest["basis"], newest["cause"]) == ("shadow", "prior", "daily")
    assert newest["gate"]["reasons"] == ["too_little_data"]
    assert (await manager.post(f"/v1/models/{model}/rollback")).json()["model"]["id"] == str(before)


async def test_an_alarm_or_a_person_who_decides_keeps_a_new_model_in_the_shadow(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    champion = await _first(manager)
    shelf = Shelf()
    waiting = await learn_and_promote(scoring.database, shelf, by_itself=False)
    assert waiting.id == champion
    finding = Finding("psi.score", "alarm", 0.4, 0.25)
    async with scoring.database.begin() as tx:
        await drift.report(tx, champion, _CALM, [finding])
    async with scoring.database.read() as reader:
        assert await alarms.loud(reader, champion) == ["psi.score"]
    alarmed = await learn_and_promote(scoring.database, shelf)
    assert alarmed.id == champion
    newest = (await manager.get("/v1/models?limit=1")).json()["data"][0]
    assert newest["gate"]["reasons"] == ["drift_alarm"]
    async with scoring.database.begin() as tx:
        await drift.report(tx, champion, _CALM, [])
    freed = await learn_and_promote(scoring.database, shelf)
    assert freed.id != champion


_CALM = {"inputs": {}, "score": None, "matured": {"together": {"customers": 0}, "weeks": []}}


@pytest.mark.parametrize("role", ["analyst", "sales"])
async def test_only_who_may_score_moves_the_pointer(scoring: Service, role: str) -> None:
    async with service_client(scoring, staff(role)) as client:
        for deed in ("promote", "rollback"):
            assert (await client.post(f"/v1/models/{uuid4()}/{deed}")).status_code == 403
    async with service_client(scoring, staff("manager")) as client:
        assert (await client.post(f"/v1/models/{uuid4()}/promote")).status_code == 404
