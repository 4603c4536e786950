"""What an older system left in the database is there after the migrations, as the code of now wants it."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from shared.clock import new_id
from shared.db.migrate import upgrade
from tonglu_local.postgres import ServiceUrls

SEES_ALL = {"app.distributor": "*", "app.holders": "*"}


@pytest.fixture
async def older(service_database: Callable[[str], ServiceUrls]) -> Any:
    """A database before promises and complaints had courses, and a connection to it."""
    urls = service_database("interaction_older")
    await upgrade("interaction_svc", urls.owner_url, to="0006")
    connection = await asyncpg.connect(urls.app_url, server_settings=SEES_ALL)
    yield urls, connection
    await connection.close()


async def _insert(connection: asyncpg.Connection, table: str, **row: Any) -> Any:
    names, places = ", ".join(row), ", ".join(f"${place}" for place in range(1, len(row) + 1))
    sql = f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id"
    return await connection.fetchval(sql, *row.values())


async def test_promises_get_their_steps_and_told_results_their_state(older: Any) -> None:
    urls, connection = older
    now = await connection.fetchval("SELECT now()")
    common = {"customer_id": new_id(), "created_by": new_id(), "created_at": now, "updated_at": now}
    promise = {**common, "content": "样品", "promised_by": common["created_by"], "due_at": now, "version": 4}
    kept = await _insert(
        connection,
        "promise",
        **promise,
        id=new_id(),
        status="kept",
        broken_at=now,
        settled_at=now,
        settled_by=new_id(),
        note="已寄出",
    )
    case = {
        **common,
        **dict.fromkeys(("opened_at", "sla_started_at", "sla_due_at", "step_started_at", "step_due_at"), now),
        "channel": "call",
        "category": "q",
        "severity": "low",
        "subject": "s",
        "description": "",
        "status": "resolved",
        "resolved_at": now,
        "result": "换货",
        "reopened_count": 0,
        "version": 3,
    }
    told = await _insert(
        connection, "complaint", **case, id=new_id(), number="C-1", informed_at=now, told="x"
    )
    untold = await _insert(connection, "complaint", **case, id=new_id(), number="C-2")
    step = {"customer_id": case["customer_id"], "done_by": new_id(), "done_at": now, "version": 3}
    await _insert(
        connection,
        "complaint_step",
        **step,
        id=new_id(),
        complaint_id=told,
        verb="inform",
        from_status="resolved",
        to_status="resolved",
    )
    await upgrade("interaction_svc", urls.owner_url)
    steps = await connection.fetch(
        "SELECT verb, status, version, note, done_by IS NULL AS alone FROM promise_step "
        "WHERE promise_id = $1 ORDER BY version",
        kept,
    )
    assert [tuple(row) for row in steps] == [
        ("make", "open", 1, None, False),
        ("break", "broken", 2, None, True),
        ("keep", "kept", 4, "已寄出", False),
    ]
    found = dict(await connection.fetch("SELECT id, status FROM complaint"))
    assert found == {told: "informed", untold: "resolved"}
    assert await connection.fetchval("SELECT to_status FROM complaint_step") == "informed"
    assert (
        await asyncio.wait_for(connection.fetchval("SELECT sla_paused FROM complaint LIMIT 1"), 5) is not None
    )
