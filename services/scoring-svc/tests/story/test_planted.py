"""From orders to a warning that names what was planted: seen by people, acted on, and counted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.composition import Service
from shared.events import Event
from shared.events.complaint import ComplaintOpened
from shared.events.customer import ImportedOrder, OrderRecorded, OrdersImported
from shared.events.interaction import InteractionLogged, PromiseBroken, SurveyAnswered, SurveyRated
from shared.testing import service_client, staff

from .stories import NOW, order, registered, tell, until

_SILENT = 97
_HEALTHY = 12


def _bought(customer: UUID, last: int) -> list[dict[str, Any]]:
    return [order(customer, day, 500_00) for day in range(last, last + 400, 20)]


def _met(customer: UUID, days_ago: float) -> InteractionLogged:
    return InteractionLogged(
        subject=uuid4(), version=1, distributor_id=None, customer_id=customer, channel="call",
        direction="inbound", occurred_at=NOW - timedelta(days=days_ago), kind="call",
    )  # fmt: skip


def _answered(customer: UUID, days_ago: float, rating: int) -> SurveyAnswered:
    return SurveyAnswered(
        subject=uuid4(), version=1, distributor_id=None, customer_id=customer, invitation_id=uuid4(),
        survey_id=uuid4(), complaint_id=None, owner_id=None, answered_at=NOW - timedelta(days=days_ago),
        ratings=(SurveyRated(indicator="overall", value=rating),), nps=None,
    )  # fmt: skip


def _complained(customer: UUID) -> ComplaintOpened:
    return ComplaintOpened(
        subject=uuid4(), version=1, distributor_id=None, customer_id=customer, owner_id=None,
        category="quality", severity="high", opened_at=NOW - timedelta(days=19), resolved_at=None,
        closed_at=None,
    )  # fmt: skip


def _broken(customer: UUID) -> PromiseBroken:
    at = NOW - timedelta(days=8)
    return PromiseBroken(
        subject=uuid4(), version=2, distributor_id=None, customer_id=customer, promised_by=uuid4(),
        made_at=at - timedelta(days=9), due_at=at, broken_at=at,
    )  # fmt: skip


def planted(customer: UUID, driver: str) -> tuple[list[Event], list[UUID]]:
    """The facts of a customer with one thing wrong, and the records that tell of it, as they are named."""
    met = _met(customer, 100 if driver == "contact" else 2)
    if driver == "complaint":
        found: list[Event] = [_complained(customer)]
    elif driver == "satisfaction":
        found = [_answered(customer, 3, 2), _answered(customer, 90, 5)]
    elif driver == "promise":
        found = [_broken(customer)]
    else:
        return [met], [met.subject]
    return [met, *found], [each.subject for each in found]


DRIVERS = ("complaint", "satisfaction", "contact", "promise")


async def _warnings(client: httpx.AsyncClient, many: int) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = (await client.get("/v1/churn-warnings?limit=200")).json()["data"]
    return found if len(found) >= many else None


async def test_what_was_planted_is_what_a_warning_names_and_what_came_of_it_is_counted(
    on_each_bus: Service,
) -> None:
    calls = {
        "reason": "complaint_open",
        "action": "manager_calls",
        "text_en": "The manager calls today",
        "text_zh": "经理今日致电客户",
    }
    customers = {driver: uuid4() for driver in DRIVERS}
    healthy = [uuid4() for _ in range(_HEALTHY)]
    records = {}
    async with service_client(on_each_bus, staff("manager")) as manager:
        assert (await manager.put("/v1/recommended-actions/complaint_open", json=calls)).status_code == 200
        for driver, customer in customers.items():
            facts, records[customer] = planted(customer, driver)
            orders = [ImportedOrder(**each) for each in _bought(customer, _SILENT)]
            await tell(on_each_bus, *facts, _load(orders))
        base = [
            ImportedOrder(**each) for number, one in enumerate(healthy) for each in _bought(one, number + 1)
        ]
        await tell(on_each_bus, _load(base), *(_met(one, 3) for one in healthy))
        await tell(on_each_bus, *(registered(one, uuid4()) for one in (*healthy, *customers.values())))
        found = await until(lambda: _warnings(manager, len(DRIVERS)), 50)
        by_customer = {UUID(each["customer_id"]): each for each in found}
        assert by_customer.keys() == set(customers.values()), "the healthy are left in peace"
        for driver, customer in customers.items():
            _named(by_customer[customer], driver, records[customer])
        complaint = by_customer[customers["complaint"]]
        assert complaint["recommended_action"] == {"code": "manager_calls", "text": "The manager calls today"}
        await _taken_care_of(on_each_bus, manager, complaint)


def _load(orders: Sequence[ImportedOrder]) -> OrdersImported:
    return OrdersImported(subject=uuid4(), version=1, distributor_id=None, orders=tuple(orders))


def _named(warning: dict[str, Any], driver: str, records: list[UUID]) -> None:
    first = warning["explained"]["drivers"][0]
    assert first["category"] == driver
    assert [UUID(each["id"]) for each in first["evidence"]] == records
    assert {each["kind"] for each in warning["explained"]["drivers"]} == {"driver"}
    assert warning["explained"]["signals"][0]["code"] == "own_rhythm_broken"
    assert first["contribution"] == first["weight"] > 0.05
    assert first["unit"]
    assert len(warning["reasons"]) == sum(len(each) for each in warning["explained"].values())


async def _taken_care_of(service: Service, manager: httpx.AsyncClient, warning: dict[str, Any]) -> None:
    path, customer = f"/v1/churn-warnings/{warning['id']}", UUID(warning["customer_id"])
    chinese = (await manager.get(path, headers={"Accept-Language": "zh-CN"})).json()
    assert chinese["recommended_action"]["text"] == "经理今日致电客户"
    assert any("投诉自" in each["text"] and "19 天" in each["text"] for each in chinese["reasons"])
    assert (await manager.post(f"{path}/acknowledge")).json()["status"] == "acknowledged"
    acted = await manager.post(f"{path}/act", json={"action": "manager_calls", "note": "张经理已致电"})
    assert (acted.json()["status"], acted.json()["action"]["code"]) == ("acting", "manager_calls")
    bought = order(customer, 0, ordered_at=service.database.now())
    await tell(service, OrderRecorded(subject=bought["order_id"], version=1, **bought))
    closed = await until(lambda: _closed(manager, path))
    assert (closed["outcome"], closed["outcome_by"], closed["result"]) == ("won_back", None, "won_back")
    said = await manager.post(f"{path}/outcome", json={"outcome": "won_back"})
    assert said.json()["outcome_by"] is not None
    steps = (await manager.get(f"{path}/history")).json()["data"]
    assert [each["verb"] for each in steps] == ["find", "acknowledge", "act", "lapse", "judge"]
    report = (await manager.get("/v1/churn-warnings/results")).json()
    assert report["total"]["warnings"] == len(DRIVERS)
    (calls,) = [each for each in report["by_action"] if each["key"] == "manager_calls"]
    assert (calls["said"]["won_back"], calls["won_back"]["share"]) == (1, 1.0)
    assert calls["won_back"]["low"] < 0.5, "one is no proof"
    assert {each["key"] for each in report["by_reason"]} >= {"complaint_open", "promise_unkept"}


async def _closed(client: httpx.AsyncClient, path: str) -> dict[str, Any] | None:
    found: dict[str, Any] = (await client.get(path)).json()
    return found if found["status"] == "closed" else None
