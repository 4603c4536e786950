"""The whole story, told to the real launcher over HTTP, once on each bus."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.e2e.launcher import Launcher, backlog, made, read, signed_in

OWNER_PASSWORD = "tea leaves at nine o'clock"
NOW = datetime.now(UTC)


async def hired(admin: httpx.AsyncClient, username: str, role: str) -> str:
    account = {"username": username, "display_name": username, "password": OWNER_PASSWORD, "roles": [role]}
    return str((await made(admin, "/v1/staff", account))["id"])


def order(customer: str, number: int, weeks_ago: float) -> dict[str, Any]:
    return {
        "identity": {"channel": "webshop", "external_id": customer},
        "order_no": f"SO-{number}",
        "ordered_at": (NOW - timedelta(weeks=weeks_ago)).isoformat(),
        "amount": {"amount_minor": 80_000, "currency": "CNY"},
        "channel": "webshop",
    }


async def a_customer(admin: httpx.AsyncClient, owner: str) -> str:
    await made(admin, "/v1/channels", {"code": "webshop", "name": "网上商城", "kind": "online_shop"})
    distributor = await made(admin, "/v1/distributors", {"code": "D-EAST-01", "name": "华东海纳商贸"})
    customer = await made(
        admin,
        "/v1/customers",
        {
            "name": "杭州云栖茶业有限公司",
            "kind": "organisation",
            "phone": "0571-88880000",
            "distributor_id": distributor["id"],
            "owner_id": owner,
        },
    )
    path = f"/v1/customers/{customer['id']}"
    await made(admin, f"{path}/contacts", {"name": "陈敏", "role": "decider"})
    await made(admin, f"{path}/identities", {"channel": "webshop", "external_id": "oX9f-7Qw2"})
    return str(customer["id"])


async def a_history(admin: httpx.AsyncClient, customer: str) -> None:
    """Bought every three weeks for more than a year, then not for a quarter."""
    orders = [order("oX9f-7Qw2", number, weeks_ago=14 + 3 * number) for number in range(20)]
    answer = await made(admin, "/v1/orders/batch", {"items": orders})
    assert {result["status"] for result in answer["results"]} == {201}
    talk = {
        "customer_id": customer,
        "channel": "call",
        "direction": "outbound",
        "occurred_at": (NOW - timedelta(weeks=20)).isoformat(),
        "summary": "致电无人接听。",
    }
    await made(admin, "/v1/interactions", talk)


async def a_complaint(admin: httpx.AsyncClient, customer: str, owner: str) -> str:
    complaint = await made(
        admin,
        "/v1/complaints",
        {
            "customer_id": customer,
            "channel": "email",
            "category": "delivery",
            "severity": "high",
            "subject": "到货延迟",
        },
    )
    await made(admin, f"/v1/complaints/{complaint['id']}/assign", {"owner_id": owner})
    return str(complaint["id"])


async def a_promise(admin: httpx.AsyncClient, customer: str) -> str:
    """One that nobody can keep: it is due in a moment."""
    body = {
        "customer_id": customer,
        "content": "今日寄出加厚纸箱样品",
        "due_at": (datetime.now(UTC) + timedelta(seconds=2)).isoformat(),
    }
    return str((await made(admin, "/v1/promises", body))["id"])


async def inbox_codes(person: httpx.AsyncClient) -> list[str]:
    return [item["subject_code"] for item in (await read(person, "/v1/inbox"))["data"]]


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_customer_who_falls_silent_ends_up_in_somebodys_list(on_each_bus: Launcher) -> None:
    launcher = on_each_bus
    launcher.start()
    await launcher.ready()
    admin = await signed_in(launcher)
    seller, server = await hired(admin, "wang.lei", "sales"), await hired(admin, "chen.jing", "service")
    customer = await a_customer(admin, seller)
    await a_history(admin, customer)
    await a_complaint(admin, customer, server)
    promise = await a_promise(admin, customer)
    owner = await signed_in(launcher, "wang.lei", OWNER_PASSWORD)
    service = await signed_in(launcher, "chen.jing", OWNER_PASSWORD)

    async def everybody_knows() -> bool:
        warned = "churn.call_customer" in await inbox_codes(owner)
        return warned and "complaint.handle" in await inbox_codes(service)

    await launcher.until(everybody_knows, "both have their reminder")
    await the_score_tells_why(admin, customer, owner=seller)
    await the_profile_shows_all_parts(owner, customer)
    await a_twin_is_merged_everywhere(launcher, admin, customer)
    await the_score_knows_what_becomes_of_a_promise(launcher, admin, customer, promise)
    await strangers_and_pages(admin)
    await launcher.until(lambda: nothing_waits(admin), "every event is told")
    for client in (admin, owner, service):
        await client.aclose()
    assert launcher.interrupt() in {0, 130}
    assert "Traceback" not in launcher.said


async def nothing_waits(admin: httpx.AsyncClient) -> bool:
    return await backlog(admin) == 0


async def the_score_tells_why(admin: httpx.AsyncClient, customer: str, *, owner: str) -> None:
    score = await read(admin, f"/v1/scores/{customer}")
    assert score["lifecycle_stage"] == "at_risk"
    assert score["churn"]["level"] in {"medium", "high"}
    assert "own_rhythm_broken" in {reason["code"] for reason in score["churn"]["reasons"]}
    (warning,) = (await read(admin, "/v1/churn-warnings", customer_id=customer, status="open"))["data"]
    assert warning["owner_id"] == owner
    reminders = (await read(admin, "/v1/reminders", customer_id=customer, source="churn"))["data"]
    assert [reminder["assignee_id"] for reminder in reminders] == [owner]


async def the_profile_shows_all_parts(owner: httpx.AsyncClient, customer: str) -> None:
    profile = await read(owner, f"/v1/customers/{customer}/profile")
    assert set(profile["parts"].values()) == {"ok"}
    assert profile["customer"]["name"] == "杭州云栖茶业有限公司"
    assert profile["orders"]["summary"]["sale_count"] == 20
    assert [contact["name"] for contact in profile["contacts"]] == ["陈敏"]
    assert len(profile["open_complaints"]) == 1
    assert profile["score"]["lifecycle_stage"] == "at_risk"
    assert profile["timeline"]
    assert profile["open_reminders"]


async def the_score_knows_what_becomes_of_a_promise(
    launcher: Launcher, admin: httpx.AsyncClient, customer: str, promise: str
) -> None:
    async def told(code: str) -> bool:
        reasons = (await read(admin, f"/v1/scores/{customer}"))["churn"]["reasons"]
        evidence = {
            (reason["code"], record["type"], record["id"])
            for reason in reasons
            for record in reason["evidence"]
        }
        return (code, "promise", promise) in evidence

    await launcher.until(lambda: told("promise_unkept"), "the broken promise is a reason")
    await admin.post(f"/v1/promises/{promise}/keep", json={})
    await launcher.until(lambda: told("promise_broken"), "the promise was kept, late")


async def a_twin_is_merged_everywhere(launcher: Launcher, admin: httpx.AsyncClient, customer: str) -> None:
    home = (await read(admin, f"/v1/customers/{customer}"))["distributor_id"]
    body = {"name": "云栖茶业", "kind": "organisation", "distributor_id": home}
    twin = str((await made(admin, "/v1/customers", body))["id"])
    await a_complaint(admin, twin, (await read(admin, "/v1/auth/me"))["id"])
    await launcher.until(lambda: holds(admin, twin, complaints=1, reminders=1), "the twin has its own")
    merge = await made(admin, f"/v1/customers/{customer}/merge", {"absorbed_id": twin})
    await launcher.until(lambda: holds(admin, customer, complaints=2, reminders=2), "all is the kept one's")
    for path in (
        "/v1/customers/{}",
        "/v1/customers/{}/profile",
        "/v1/customers/{}/timeline",
        "/v1/scores/{}",
    ):
        answer = await admin.get(path.format(twin))
        assert (answer.status_code, answer.headers["location"]) == (308, path.format(customer))
    await admin.post(f"/v1/merges/{merge['id']}/undo")
    await launcher.until(lambda: holds(admin, twin, complaints=1, reminders=1), "the twin has its own again")
    assert (await admin.get(f"/v1/customers/{twin}/profile")).status_code == 200


async def holds(admin: httpx.AsyncClient, customer: str, *, complaints: int, reminders: int) -> bool:
    found = [
        len((await read(admin, f"/v1/{kind}", customer_id=customer, **more))["data"])
        for kind, more in (("complaints", {}), ("reminders", {"source": "complaint"}))
    ]
    return found == [complaints, reminders]


async def strangers_and_pages(admin: httpx.AsyncClient) -> None:
    for path in (f"/v1/customers/{uuid4()}", f"/v1/customers/{uuid4()}/profile", f"/v1/scores/{uuid4()}"):
        answer = await admin.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"].startswith("application/problem+json")
    async with httpx.AsyncClient(base_url=admin.base_url, trust_env=False) as nobody:
        assert (await nobody.get("/v1/customers")).status_code == 401
    assert "swagger" in (await admin.get("/docs")).text.lower()
    assert "/v1/customers" in (await read(admin, "/openapi.json"))["paths"]
