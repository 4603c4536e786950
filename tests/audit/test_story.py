"""All services together: who did what is found again, and a chain that was cut is seen by its neighbours."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tests.composed import Person, composed, hired, signed_in

from shared.audit import anchors
from shared.audit.verify import verify
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

pytestmark = pytest.mark.slow
CUT = """  -- the tables in the order in which they are written
    ALTER TABLE audit_entry DISABLE TRIGGER USER; ALTER TABLE audit_block DISABLE TRIGGER USER;
    DELETE FROM audit_entry WHERE id IN (SELECT unnest(ids) FROM audit_block WHERE first > 1);
    DELETE FROM audit_block WHERE first > 1
"""


@pytest.fixture(scope="module")
async def system(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    async with composed(postgres_server, "audited_system", tmp_path_factory.mktemp("state")) as system:
        yield system


async def flushed(system: System) -> None:
    for service in system.services:
        await service.journal.flush()


async def listed(system: System, admin: Person, **filters: Any) -> list[dict[str, Any]]:
    """All pages of the audit, two entries each."""
    await flushed(system)
    found: list[dict[str, Any]] = []
    asked = {"limit": 2, **filters}
    while True:
        answer = await admin("GET", "/v1/audit", **asked)
        assert answer.status == 200, answer.body
        page = answer.json()
        assert set(page["parts"].values()) == {"ok"}
        found += page["data"]
        if not page["page"]["has_more"]:
            return found
        asked["cursor"] = page["page"]["next_cursor"]


async def everybody_knows(system: System) -> None:
    """Each service copies its chain's end, and the others have it."""
    for service in system.services:
        await anchors.tell(service.database, service.name)
    async with asyncio.timeout(30):
        for service in system.services:
            while await _missing(system, service.name):  # noqa: ASYNC110 - only asking can tell
                await asyncio.sleep(0.05)


async def _missing(system: System, name: str) -> bool:
    turns = set()
    for service in system.services:
        async with service.database.read() as db:
            turns.add((await anchors.known(db)).newest.get(name, {}).get("turn"))
    return len(turns) > 1


async def test_who_did_what_to_a_customer_is_found_in_all_services(system: System) -> None:
    admin = await signed_in(system.front)
    li = await hired(admin, "li", "sales")
    me = (await li("GET", "/v1/auth/me")).json()["id"]
    customer = (await li.made("/v1/customers", {"name": "Harbour", "kind": "organisation"}))["id"]
    talk = {"customer_id": customer, "channel": "call", "direction": "inbound", "summary": "asked"}
    await li.made("/v1/interactions", {**talk, "occurred_at": "2026-03-01T09:30:00Z"})
    assert (await li("GET", f"/v1/customers/{customer}/profile")).status == 200
    assert (await li("GET", "/v1/staff")).status == 403

    about = await listed(system, admin, subject_id=customer)
    assert [each["id"] for each in about] == sorted((each["id"] for each in about), reverse=True)
    assert {each["actor_id"] for each in about} == {me}
    told = {(each["service"], each["action"]) for each in about}
    assert {
        ("customer-svc", "createCustomer"),
        ("interaction-svc", "createInteraction"),
        ("gateway", "getCustomerProfile"),
        ("customer-svc", "getCustomer"),
    } <= told
    changes = await listed(system, admin, subject_id=customer, kind="change")
    assert {each["action"] for each in changes} == {"createCustomer", "createInteraction"}
    (signed,) = await listed(system, admin, actor_id=me, action="signIn")
    assert signed["service"] == "gateway"
    for service in system.services:
        verdict = await verify(service.database, service.journal.keys)
        assert verdict.broken is None, service.name


async def test_a_chain_that_was_cut_is_seen_by_its_neighbours(
    system: System, postgres_server: EmbeddedPostgres
) -> None:
    admin = await signed_in(system.front)
    for number in range(3):
        await admin.made("/v1/customers", {"name": f"Harbour {number}", "kind": "organisation"})
        await flushed(system)
    await everybody_knows(system)
    states = {each["service"]: each for each in (await admin("GET", "/v1/audit/chains")).json()["data"]}
    assert {each["state"] for each in states.values()} == {"intact"}
    assert states["customer-svc"]["kept_by"] == ["gateway", "interaction-svc", "notify-svc", "scoring-svc"]

    owner = await asyncpg.connect(postgres_server.ensure_service("audited_system_customer").owner_url)
    try:
        await owner.execute(CUT)
    finally:
        await owner.close()
    states = {
        each["service"]: each["state"] for each in (await admin("GET", "/v1/audit/chains")).json()["data"]
    }
    assert states == {
        **dict.fromkeys(states, "intact"),
        "customer-svc": "doubtful",
    }
