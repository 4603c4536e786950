"""Automatic decisions are on record with their effect, can be made again, and people can overturn them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from scoring_svc.facts.commands import add_orders
from scoring_svc.models.queries import Shelf
from scoring_svc.oversight.commands import forget
from scoring_svc.scores.commands import rescore
from shared.auth import Principal
from shared.composition import Service
from shared.db import Scope
from shared.events.customer import CustomerMerged, CustomerUnmerged, ImportedOrder
from shared.testing import service_client, staff

from .proofs import kept
from .stories import order, registered, tell, until


def _stranger() -> Principal:
    """A salesperson who holds nobody."""
    return replace(staff("sales"), scope=Scope(holders=frozenset({uuid4()})))


_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}


async def _known(scoring: Service, *, silent: float = 150, orders: int = 20) -> UUID:
    """A customer with a rhythm of twenty days that broke off so many days ago; nobody scores it anew."""
    customer = uuid4()
    await tell(scoring, registered(customer, uuid4()))
    async with scoring.database.read() as reader:
        scored = text(f"SELECT count(*) FROM score WHERE customer_id = '{customer}'")

        async def there() -> bool:
            return await reader.value(scored) == 1

        await until(there)
    async with scoring.database.begin() as tx:
        await add_orders(
            tx, [ImportedOrder(**order(customer, silent + 20 * place, 90_000_00)) for place in range(orders)]
        )
    return customer


async def _scored(scoring: Service, client: httpx.AsyncClient, customer: UUID) -> dict[str, Any]:
    """Score a customer at once by a model that knows a thing or two."""
    model = await kept(scoring)
    async with scoring.database.begin() as tx:
        await rescore(tx, [customer], await Shelf().one(tx, model))
    found: dict[str, Any] = (await client.get(f"/v1/scores/{customer}")).json()
    return found


async def _decisions(client: httpx.AsyncClient, customer: UUID, kind: str) -> list[dict[str, Any]]:
    query = {"customer_id": str(customer), "kind": kind}
    found: list[dict[str, Any]] = (await client.get("/v1/decisions", params=query)).json()["data"]
    return found


async def test_a_tier_and_a_warning_are_on_record_and_come_out_the_same_again(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = await _known(scoring)
    score = await _scored(scoring, manager, customer)
    assert score["automatic"] is True
    (warning,) = await _decisions(manager, customer, "warning")
    (tier,) = [
        each
        for each in await _decisions(manager, customer, "tier")
        if each["model_id"] == score["model_version"]
    ]
    assert tier["decided"]["tier"] == score["tier"] != "ordinary"
    assert {reason["code"] for reason in warning["reasons"]} <= {
        reason["code"] for reason in score["churn"]["reasons"]
    }
    for decision in (tier, warning):
        whole = (await manager.get(f"/v1/decisions/{decision['id']}")).json()
        assert whole["inputs"]["features"]["order_days"] == 20.0
        assert whole["inputs"]["thresholds"]["tiers"]["core_from"] == 80.0
        again = (await manager.get(f"/v1/decisions/{decision['id']}/recomputation")).json()
        assert (again["equal"], again["same_code"], again["same_policy"]) == (True, True, True), again
    async with scoring.database.begin() as tx:
        await tx.run(
            text(
                "UPDATE decision SET inputs = jsonb_set(inputs, '{features,net_52}', '1.0')"
                f" WHERE id = '{tier['id']}'"
            )
        )
    changed = (await manager.get(f"/v1/decisions/{tier['id']}/recomputation")).json()
    assert changed["equal"] is False
    assert not next(each for each in changed["figures"] if each["name"] == "contribution")["equal"]


async def test_nothing_is_recorded_when_the_effect_does_not_come_about(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = await _known(scoring)
    before = await _decisions(manager, customer, "tier")
    model = await kept(scoring)

    async def broken_off() -> None:
        async with scoring.database.begin() as tx:
            await rescore(tx, [customer], await Shelf().one(tx, model), anew=True)
            raise LookupError

    with pytest.raises(LookupError):
        await broken_off()
    assert await _decisions(manager, customer, "tier") == before


async def test_an_overturned_warning_is_a_false_alarm_and_an_overturned_tier_asks_for_a_pin(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = await _known(scoring)
    await _scored(scoring, manager, customer)
    (warning,) = await _decisions(manager, customer, "warning")
    tier = (await _decisions(manager, customer, "tier"))[0]
    note = {"verdict": "overturned", "note": "客户正在休假"}
    reviewed = (await manager.post(f"/v1/decisions/{warning['id']}/review", json=note)).json()
    assert (reviewed["review"], reviewed["follow_up"]) == ("overturned", "warning_closed")
    closed = (await manager.get(f"/v1/churn-warnings/{warning['warning_id']}")).json()
    assert (closed["status"], closed["outcome"]) == ("closed", "false_alarm")
    pinned = (await manager.post(f"/v1/decisions/{tier['id']}/review", json=note)).json()
    assert pinned["follow_up"] == "pin_tier"
    again = await manager.post(f"/v1/decisions/{tier['id']}/review", json={"verdict": "upheld"})
    assert (again.status_code, again.json()["code"]) == (409, "decision_reviewed")
    listed = (await manager.get("/v1/decisions?review=overturned")).json()["data"]
    assert {each["id"] for each in listed} >= {warning["id"], tier["id"]}
    async with scoring.database.read() as reader:
        told = await reader.rows(text("SELECT payload::text AS body FROM outbox"))
    assert not any("休假" in row["body"] for row in told)


async def test_who_does_not_see_the_customer_does_not_see_what_was_decided_about_it(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = await _known(scoring)
    await _scored(scoring, manager, customer)
    (warning,) = await _decisions(manager, customer, "warning")
    async with service_client(scoring, _stranger()) as stranger:
        assert await _decisions(stranger, customer, "warning") == []
        for path in ("", "/recomputation"):
            assert (await stranger.get(f"/v1/decisions/{warning['id']}{path}")).status_code == 404
        refused = await stranger.post(f"/v1/decisions/{warning['id']}/review", json={"verdict": "upheld"})
        assert refused.status_code == 404


async def test_decisions_are_forgotten_after_their_time(scoring: Service, manager: httpx.AsyncClient) -> None:
    customer = await _known(scoring)
    await _scored(scoring, manager, customer)
    (warning,) = await _decisions(manager, customer, "warning")
    async with scoring.database.begin() as tx:
        await tx.run(
            text(f"UPDATE decision SET decided_at = now() - interval '3 years' WHERE id = '{warning['id']}'")
        )
    await forget(scoring.database, older_than=timedelta(days=730))
    assert await _decisions(manager, customer, "warning") == []
    assert await _decisions(manager, customer, "tier")


async def test_an_objection_ends_what_is_decided_automatically_until_it_is_withdrawn(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = await _known(scoring)
    held = await _scored(scoring, manager, customer)
    (warned,) = (await manager.get(f"/v1/churn-warnings?customer_id={customer}&status=open")).json()["data"]
    body = {"customer_id": str(customer), "reason": "希望由人工决定"}
    made = await manager.post("/v1/objections", json=body)
    assert made.status_code == 201
    assert (await manager.get(made.headers["location"])).json()["reason"] == "希望由人工决定"
    closed = (await manager.get(f"/v1/churn-warnings/{warned['id']}")).json()
    assert closed["outcome"] == "objected"
    count = len(await _decisions(manager, customer, "tier"))
    score = await _scored(scoring, manager, customer)
    assert (score["automatic"], score["tier"]) == (False, held["tier"])
    assert score["churn"]["probability"] is not None
    assert (await manager.get(f"/v1/churn-warnings?customer_id={customer}&status=open")).json()["data"] == []
    assert len(await _decisions(manager, customer, "tier")) == count
    twice = await manager.post("/v1/objections", json=body)
    assert (twice.status_code, twice.json()["code"]) == (409, "objection_stands")
    listed = (await manager.get("/v1/scores?automatic=false")).json()["data"]
    assert [each["customer_id"] for each in listed] == [str(customer)]
    withdrawn = await manager.post(f"{made.headers['location']}/withdraw")
    assert withdrawn.json()["status"] == "withdrawn"
    over = await manager.post(f"{made.headers['location']}/withdraw")
    assert (over.status_code, over.json()["code"]) == (409, "objection_withdrawn")
    again = await _scored(scoring, manager, customer)
    assert again["automatic"] is True
    async with scoring.database.read() as reader:
        told = await reader.rows(text("SELECT type, payload::text AS body FROM outbox"))
    assert {"objection.made.v1", "objection.withdrawn.v1"} <= {row["type"] for row in told}
    assert not any("人工" in row["body"] for row in told)


async def test_a_new_customer_who_objects_is_ordinary_whatever_it_brings(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    await tell(scoring, registered(customer))
    await until(lambda: _there(manager, customer))
    await manager.post("/v1/objections", json={"customer_id": str(customer)})
    async with scoring.database.begin() as tx:
        await add_orders(
            tx, [ImportedOrder(**order(customer, 5 + 20 * place, 900_000_00)) for place in range(20)]
        )
    score = await _scored(scoring, manager, customer)
    assert score["contribution"] > 80
    assert (score["tier"], score["automatic"]) == ("ordinary", False)


async def _there(client: httpx.AsyncClient, customer: UUID) -> bool:
    return (await client.get(f"/v1/scores/{customer}")).status_code == 200


async def test_who_keeps_a_merged_customer_inherits_its_objection_and_gives_it_back(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    kept_one, absorbed = await _known(scoring), uuid4()
    await tell(scoring, registered(absorbed))
    await until(lambda: _there(manager, absorbed))
    await manager.post("/v1/objections", json={"customer_id": str(absorbed)})
    merged = CustomerMerged(subject=absorbed, version=2, status="merged", merged_into=kept_one, **_STATE)
    await tell(scoring, merged)
    await until(lambda: _automatic(manager, kept_one, expected=False))
    found = (await manager.get(f"/v1/objections?customer_id={kept_one}")).json()["data"]
    assert [each["status"] for each in found] == ["standing"]
    await tell(scoring, CustomerUnmerged(subject=absorbed, version=3, status="active", **_STATE))
    await until(lambda: _automatic(manager, kept_one, expected=True))
    assert await _automatic(manager, absorbed, expected=False)


async def _automatic(client: httpx.AsyncClient, customer: UUID, *, expected: bool) -> bool:
    answer = await client.get(f"/v1/scores/{customer}")
    return answer.status_code == 200 and answer.json()["automatic"] is expected


async def test_an_objection_in_the_name_of_a_stranger_is_refused_like_one_of_nobody(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    await tell(scoring, registered(customer))
    await until(lambda: _there(manager, customer))
    async with service_client(scoring, _stranger()) as stranger:
        for named in (customer, uuid4()):
            answer = await stranger.post("/v1/objections", json={"customer_id": str(named)})
            assert answer.status_code == 404
    wrong = await manager.post("/v1/objections", json={"customer_id": "x", "why": 1})
    assert {each["pointer"] for each in wrong.json()["errors"]} == {"/customer_id", "/why"}
