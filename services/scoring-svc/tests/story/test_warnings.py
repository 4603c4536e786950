"""Warnings queue for owners with a capacity, take only steps of their table, and are counted."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from scoring_svc.facts.commands import add_orders
from scoring_svc.scores.queries import locked
from scoring_svc.warnings import observing, queries, queue
from scoring_svc.warnings.commands import Finding, end, end_of, warn
from scoring_svc.warnings.results import labels
from scoring_svc.warnings.transitions import MOVES, STATUSES
from shared.composition import Service
from shared.events.customer import ImportedOrder
from shared.references import CustomerRef, apply
from shared.testing import partner, service_client, staff

from .stories import order

_COMPLAINT = {
    "code": "complaint_open",
    "category": "complaint",
    "weight": 0.6,
    "text_en": "Complaint open",
    "text_zh": "投诉未解决",
}
_RHYTHM = {
    "code": "own_rhythm_broken",
    "category": "purchase",
    "weight": 1.2,
    "text_en": "No order",
    "text_zh": "未下单",
}


async def found(service: Service, owner: UUID | None = None, worth: int = 1000, **fields: Any) -> UUID:
    finding = {
        "customer_id": uuid4(), "distributor_id": None, "owner_id": owner, "level": "high",
        "probability": 0.8, "expected_value_minor": 100, "contributed_52_minor": worth, "currency": "CNY",
        "reasons": [_RHYTHM, _COMPLAINT],
        "recommended_action": {"code": "resolve_complaint", "text_en": "Resolve", "text_zh": "解决"},
        **fields,
    }  # fmt: skip
    async with service.database.begin() as tx:
        return await warn(tx, Finding(**finding))


async def _fill(service: Service) -> int:
    return await queue.fill_all(service.database)


async def _told(service: Service, warning: UUID) -> list[tuple[str, int]]:
    async with service.database.read() as reader:
        rows = await reader.connection.fetch(
            "SELECT type, aggregate_version FROM outbox WHERE aggregate_id = $1 ORDER BY aggregate_version",
            warning,
        )
    return [(row["type"], row["aggregate_version"]) for row in rows]


async def _of(client: httpx.AsyncClient, owner: UUID, status: str) -> list[str]:
    path = f"/v1/churn-warnings?owner_id={owner}&status={status}&sort=-value_at_risk"
    return [each["id"] for each in (await client.get(path)).json()["data"]]


async def test_beyond_an_owners_capacity_the_most_valuable_come_first_and_the_others_wait(
    asleep: Service, boss: httpx.AsyncClient
) -> None:
    owner, busy, nobody = uuid4(), uuid4(), None
    rule = {"most": 2, "owners": [{"owner_id": str(busy), "most": None}]}
    assert (await boss.put("/v1/churn-warning-capacity", json=rule)).json()["version"] == 1
    small, large, middle = [await found(asleep, owner, worth) for worth in (10, 3000, 200)]
    assert await _told(asleep, large) == []
    assert await _fill(asleep) == 2
    assert await _of(boss, owner, "open") == [str(large), str(middle)]
    assert await _of(boss, owner, "waiting") == [str(small)]
    assert await _told(asleep, large) == [("churn.warned.v1", 2)]
    for unlimited in (busy, nobody):
        for _ in range(3):
            warning = await found(asleep, unlimited)
            assert await _told(asleep, warning) == [("churn.warned.v1", 1)]
    loads = {each["owner_id"]: each for each in (await boss.get("/v1/churn-warnings/summary")).json()["data"]}
    load = loads[str(owner)]
    assert [load[name] for name in ("waiting", "open", "capacity", "room")] == [1, 2, 2, 0]
    assert load["at_risk"] == [{"amount_minor": 2568, "currency": "CNY"}]
    assert loads[None]["room"] is None
    closed = await boss.post(f"/v1/churn-warnings/{middle}/outcome", json={"outcome": "lost"})
    assert closed.json()["result"] == "lost"
    assert await _fill(asleep) == 1
    assert await _of(boss, owner, "waiting") == []
    assert await _fill(asleep) == 0, "repeating it does no harm"


async def test_a_smaller_capacity_takes_nothing_back_and_stale_rules_are_refused(
    asleep: Service, boss: httpx.AsyncClient
) -> None:
    owner = uuid4()
    first, _ = [await found(asleep, owner) for _ in range(2)]
    put = await boss.put("/v1/churn-warning-capacity", json={"most": 1})
    late = await found(asleep, owner)
    assert await _fill(asleep) == 0
    assert len(await _of(boss, owner, "open")) == 2
    stale = await boss.put("/v1/churn-warning-capacity", json={"most": 9}, headers={"If-Match": '"v0"'})
    assert (put.headers["etag"], stale.status_code) == ('"v1"', 412)
    doubled = {"most": 1, "owners": [{"owner_id": str(owner), "most": 1}] * 2}
    assert (await boss.put("/v1/churn-warning-capacity", json=doubled)).status_code == 422
    taken = await boss.post(f"/v1/churn-warnings/{late}/acknowledge")
    assert taken.json()["status"] == "acknowledged"
    assert await _told(asleep, late) == [("churn.warned.v1", 2)], "who takes it from the queue is told, too"
    assert (await boss.get(f"/v1/churn-warnings/{first}")).json()["raised_at"] is not None


async def test_a_warning_goes_with_its_reminder_to_another_owner(
    asleep: Service, boss: httpx.AsyncClient
) -> None:
    owner, other = uuid4(), uuid4()
    warning = await found(asleep, owner)
    path = f"/v1/churn-warnings/{warning}"
    given = await boss.post(f"{path}/assign", json={"owner_id": str(other)})
    assert given.json()["owner_id"] == str(other)
    again = await boss.post(f"{path}/assign", json={"owner_id": str(other)})
    assert again.headers["etag"] == given.headers["etag"] == '"v2"'
    assert await _told(asleep, warning) == [("churn.warned.v1", 1), ("churn.warned.v1", 2)]
    async with service_client(asleep, staff("sales")) as seller:
        assert (await seller.post(f"{path}/assign", json={"owner_id": None})).status_code == 403
    due = (asleep.database.now() - timedelta(hours=1)).isoformat()
    late = await boss.patch(path, json={"due_at": due}, headers={"If-Match": '"v2"'})
    assert late.status_code == 200
    assert (await boss.patch(path, json={"due_at": due}, headers={"If-Match": '"v2"'})).status_code == 412
    assert (await boss.patch(path, json={"due_at": None})).status_code == 422
    overdue = (await boss.get("/v1/churn-warnings?overdue=true")).json()["data"]
    assert [each["id"] for each in overdue] == [str(warning)]
    assert (await boss.get("/v1/churn-warnings/summary")).json()["data"][0]["overdue"] == 1


async def test_what_is_not_in_the_table_of_transitions_is_refused_by_the_service_and_by_the_database(
    asleep: Service, boss: httpx.AsyncClient
) -> None:
    warning = await found(asleep)
    path = f"/v1/churn-warnings/{warning}"
    acted = await boss.post(f"{path}/act", json={"action": "visit"})
    assert acted.json()["acknowledged_by"] is not None
    refused = await boss.post(f"{path}/acknowledge")
    assert (refused.status_code, refused.json()["code"]) == (409, "warning_status")
    for status in STATUSES:
        if ("acting", status) in MOVES:
            continue
        async with asleep.database.begin() as tx:
            with pytest.raises(asyncpg.CheckViolationError):
                async with tx.savepoint():
                    await tx.connection.execute(
                        "UPDATE churn_warning SET status = $2 WHERE id = $1", warning, status
                    )
    assert (await boss.post(f"{path}/outcome", json={"outcome": "false_alarm"})).status_code == 200
    for verb, body in (("outcome", {"outcome": "lost"}), ("act", {"action": "visit"}), ("acknowledge", None)):
        again = await boss.post(f"{path}/{verb}", json=body)
        assert (again.status_code, again.json()["code"]) == (409, "warning_closed")


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        ("retained", "won_back"),
        ("not_at_risk", "false_alarm"),
        ("unreachable", None),
        ("won_back", "won_back"),
        ("lost", "lost"),
        ("false_alarm", "false_alarm"),
    ],
)
async def test_older_words_for_outcomes_are_taken_and_understood(
    asleep: Service, boss: httpx.AsyncClient, outcome: str, result: str | None
) -> None:
    warning = await found(asleep)
    closed = await boss.post(f"/v1/churn-warnings/{warning}/outcome", json={"outcome": outcome})
    assert (closed.json()["outcome"], closed.json()["result"]) == (outcome, result)
    assert await _told(asleep, warning) == [("churn.warned.v1", 1), ("churn.cleared.v1", 2)]
    total = (await boss.get("/v1/churn-warnings/results")).json()["total"]
    assert total["said"] == {
        **dict.fromkeys(("won_back", "lost", "false_alarm"), 0),
        "nothing": 0 if result else 1,
        **({result: 1} if result else {}),
    }


async def test_people_may_still_judge_what_the_system_closed_once(
    asleep: Service, boss: httpx.AsyncClient
) -> None:
    warning, merged = await found(asleep), uuid4()
    async with asleep.database.begin() as tx:
        row = await queries.for_update(tx, warning)
        assert row is not None
        await end(tx, row, "not_at_risk")
    path = f"/v1/churn-warnings/{warning}"
    assert (await boss.get(path)).json()["result"] is None, "that the risk fell says nothing of the alarm"
    judged = await boss.post(f"{path}/outcome", json={"outcome": "false_alarm", "note": "春节停业"})
    assert (judged.json()["result"], judged.json()["outcome_note"]) == ("false_alarm", "春节停业")
    assert (await boss.post(f"{path}/outcome", json={"outcome": "lost"})).status_code == 409
    assert len(await _told(asleep, warning)) == 2, "it was cleared once"
    gone = await found(asleep, customer_id=merged)
    async with asleep.database.begin() as tx:
        await end_of(tx, merged, "merged")
    assert (
        await boss.post(f"/v1/churn-warnings/{gone}/outcome", json={"outcome": "lost"})
    ).status_code == 409


async def test_what_customers_did_is_kept_apart_from_what_people_said(
    asleep: Service, boss: httpx.AsyncClient
) -> None:
    orders = await found(asleep, horizon_weeks=4, level="high")
    silent = await found(asleep, horizon_weeks=4, level="medium")
    pending = await found(asleep, horizon_weeks=13, level="medium")
    async with asleep.database.begin() as tx:
        await tx.connection.execute("UPDATE churn_warning SET opened_at = now() - interval '5 weeks'")
        row = await queries.for_update(tx, orders)
        assert row is not None
        await add_orders(tx, [ImportedOrder(**order(row["customer_id"], 14))])
    for _ in range(2):
        await observing.observe_all(asleep.database)
    seen = {each["id"]: each["seen"] for each in (await boss.get("/v1/churn-warnings")).json()["data"]}
    assert seen == {str(orders): "ordered", str(silent): "silent", str(pending): None}
    await boss.post(f"/v1/churn-warnings/{orders}/outcome", json={"outcome": "false_alarm"})
    report = (await boss.get("/v1/churn-warnings/results")).json()
    assert report["total"]["seen"] == {"ordered": 1, "silent": 1, "pending": 1}
    assert report["total"]["precision"]["share"] == 0.5
    assert report["total"]["confirmed"] | {"low": 0, "high": 0} == {
        "count": 0, "of": 1, "share": 0.0, "low": 0, "high": 0,
    }  # fmt: skip
    levels = {each["key"]: each["warnings"] for each in report["by_level"]}
    assert levels == {"high": 1, "medium": 2}
    assert [each["key"] for each in report["by_reason"]] == ["complaint_open"], "the driver leads"
    early = asleep.database.now() - timedelta(weeks=10)
    async with asleep.database.read() as reader:
        told = {row["id"]: (row["said"], row["seen"]) for row in await labels(reader, early)}
    assert told == {orders: ("false_alarm", "ordered"), silent: (None, "silent"), pending: (None, None)}
    none = await boss.get("/v1/churn-warnings/results?from=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z")
    assert (none.json()["total"]["warnings"], none.json()["total"]["precision"]["share"]) == (0, None)
    wrong = await boss.get("/v1/churn-warnings/results?from=2020-01-01T00:00:00Z&until=2019-01-01T00:00:00Z")
    assert wrong.status_code == 422


@pytest.mark.usefixtures("boss")
async def test_a_partner_reads_and_counts_its_own_customers_warnings_alone(asleep: Service) -> None:
    mine, customer = uuid4(), uuid4()
    known = {"owner_id": None, "org_unit_id": None, "status": "active", "channel": None, "merged_into": None}
    async with asleep.database.begin() as tx:
        await apply(tx, [CustomerRef(id=customer, distributor_id=mine, version=1, **known)])
    warning = await found(asleep, customer_id=customer, distributor_id=mine)
    foreign = await found(asleep)
    async with service_client(asleep, partner(mine, "scores:read", "customers:write")) as client:
        assert [each["id"] for each in (await client.get("/v1/churn-warnings")).json()["data"]] == [
            str(warning)
        ]
        assert (await client.get("/v1/churn-warnings/results")).json()["total"]["warnings"] == 1
        assert (await client.get("/v1/churn-warnings/summary")).json()["data"][0]["open"] == 1
        assert (await client.get(f"/v1/churn-warnings/{foreign}/history")).status_code == 404
        taken = await client.post(f"/v1/churn-warnings/{warning}/act", json={"action": "visit"})
        assert taken.status_code == 200
        steps = (await client.get(f"/v1/churn-warnings/{warning}/history")).json()["data"]
        assert [each["to_status"] for each in steps] == ["open", "acting"]


async def test_reasons_from_before_are_read_as_they_were(asleep: Service, boss: httpx.AsyncClient) -> None:
    old = {**_RHYTHM, "evidence": [{"type": "promise", "id": str(uuid4())}]}
    warning = await found(asleep, reasons=[old, _COMPLAINT])
    told = (await boss.get(f"/v1/churn-warnings/{warning}")).json()
    assert [each["kind"] for each in told["reasons"]] == ["signal", "driver"]
    assert told["reasons"][0]["contribution"] == 1.2
    assert told["reasons"][0]["evidence"][0]["at"] is None
    assert told["reasons"][1]["value"] is None
    async with asleep.database.begin() as tx:
        assert (await locked(tx, [uuid4()])).before == {}
