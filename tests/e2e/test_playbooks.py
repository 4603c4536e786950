"""A playbook among all services: an order begins it, and each does what its steps ask for."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.composed import Person, composed, signed_in

from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

STEPS = [
    {"kind": "set_tag", "tag": "首购"},
    {"kind": "open_complaint", "category": "service", "severity": "low", "subject": "回访首单"},
    {"kind": "remove_tag", "tag": "潜在"},
    {"kind": "reminder", "subject_zh": "首单回访", "subject_en": "Ask about the first order"},
]
PLAYBOOK = {
    "code": "first.order",
    "title_zh": "首单",
    "title_en": "First order",
    "definition": {
        "trigger": {"on": "event", "event": "order.recorded"},
        "condition": {"all": [{"field": "orders", "at_most": 1}]},
        "entry": {"mode": "once"},
        "steps": STEPS,
    },
}


@pytest.fixture
async def system(postgres_server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[System]:
    async with composed(postgres_server, "playbooks", tmp_path) as system:
        yield system


async def finished(admin: Person, customer: str) -> Any:
    """The one run of the customer, once it is over."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = (await admin("GET", "/v1/playbook-runs", customer_id=customer)).json()["data"]
        if found and found[0]["state"] == "finished":
            assert len(found) == 1
            return (await admin("GET", f"/v1/playbook-runs/{found[0]['id']}")).json()
        await asyncio.sleep(0.05)
    raise AssertionError(f"no run came to its end: {found}")


@pytest.mark.slow
async def test_other_services_do_what_the_steps_of_a_playbook_ask_of_them(system: System) -> None:
    admin = await signed_in(system.front)
    made = await admin.made("/v1/playbooks", PLAYBOOK)
    assert (await admin("POST", f"/v1/playbooks/{made['id']}/publish", {})).status == 200
    body = {"name": "海纳百货", "kind": "organisation", "tags": ["潜在", "华东"]}
    customer = (await admin.made("/v1/customers", body))["id"]
    ordered = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    amount = {"amount_minor": 12900, "currency": "CNY"}
    order = {"customer_id": customer, "order_no": "SO-1", "ordered_at": ordered, "amount": amount}
    order["channel"] = "webshop"
    await admin.made("/v1/orders", order)
    run = await finished(admin, customer)
    assert (run["outcome"], [step["state"] for step in run["steps"]]) == ("completed", ["done"] * 4), run
    assert (await admin("GET", f"/v1/customers/{customer}")).json()["tags"] == ["华东", "首购"]
    complaints = (await admin("GET", "/v1/complaints", customer_id=customer)).json()["data"]
    assert [each["id"] for each in complaints] == [run["steps"][1]["made_id"]]
    assert complaints[0]["subject"] == "回访首单"
    reminders = (await admin("GET", "/v1/reminders", customer_id=customer, source="playbook")).json()["data"]
    assert [each["id"] for each in reminders] == [run["steps"][3]["made_id"]]
