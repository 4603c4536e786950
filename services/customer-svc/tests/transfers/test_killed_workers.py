"""A worker that is killed in the middle of a file leaves nothing half-done: the next one goes on."""

import asyncio
import os
import signal
import sys

import pytest

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.testing import running, service_client, staff

from .conftest import ended, ended_operation, sent
from .workbooks import table

ROWS = 20_000
VICTIM = """
import asyncio, sys
from types import SimpleNamespace
from customer_svc.app import build
from customer_svc.settings import Settings
from shared.messaging.local import LocalBus
from shared.testing.services import settings_for

async def main():
    urls = SimpleNamespace(app_url=sys.argv[1], owner_url=sys.argv[1])
    async with build(settings_for(Settings, urls), LocalBus()).running(api=False):
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def _killed_at_work(urls, rows_done):
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, urls.app_url, stdout=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(60):
        while not await rows_done():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.002)
    os.kill(victim.pid, signal.SIGKILL)
    assert await victim.wait() == -signal.SIGKILL


def _file(*, as_book: bool, rows: int = ROWS) -> str | bytes:
    lines = ["order_no,channel,ordered_at,amount_minor,customer_code"]
    lines += [f"S-{n},store,2026-03-01T00:00:00Z,{n},C-1" for n in range(rows)]
    return table([line.split(",") for line in lines]) if as_book else "\n".join(lines)


@pytest.mark.parametrize(("dry_run", "as_book"), [(False, False), (True, False), (False, True)])
async def test_a_killed_worker_loses_no_row_and_repeats_none(service_database, dry_run, as_book):
    urls = service_database(f"customer_killed_{dry_run}_{as_book}".lower())
    me = staff("manager")
    text = _file(as_book=as_book)
    async with running(build, Settings, urls, worker=False) as service, service_client(service, me) as client:
        await client.post("/v1/customers", json={"code": "C-1", "name": "海纳", "kind": "person"})
        started = (await sent(client, text, entity="orders", dry_run=dry_run)).json()

        async def rows_done():
            return (await client.get(f"/v1/imports/{started['id']}")).json()["read"] >= 2000

        await _killed_at_work(urls, rows_done)
        left = (await client.get(f"/v1/imports/{started['id']}")).json()
        assert 2000 <= left["read"] < ROWS
    async with running(build, Settings, urls) as service, service_client(service, me) as client:
        done = await ended(client, started["id"])
        assert done["status"] == "succeeded"
        assert done["read"] == done["created"] == ROWS
        async with service.database.read() as db:
            orders = await db.connection.fetchval("SELECT count(*) FROM sales_order")
            uploads = await db.connection.fetchval("SELECT count(*) FROM upload")
            told = await db.connection.fetchval(
                "SELECT sum(json_array_length(payload->'data'->'orders'))"
                " FROM outbox WHERE type = 'orders.imported.v1'"
            )
        assert uploads == 0
        assert (orders, told) == ((0, None) if dry_run else (ROWS, ROWS))


async def test_a_worker_that_is_killed_while_it_undoes_voids_each_order_once(service_database):
    urls = service_database("customer_killed_undoing")
    me, rows = staff("manager"), 6000
    async with running(build, Settings, urls) as service, service_client(service, me) as client:
        await client.post("/v1/customers", json={"code": "C-1", "name": "海纳", "kind": "person"})
        started = (await sent(client, _file(as_book=False, rows=rows), entity="orders")).json()
        assert (await ended(client, started["id"]))["created"] == rows
    place = f"/v1/imports/{started['id']}"
    async with running(build, Settings, urls, worker=False) as service, service_client(service, me) as client:
        undoing = (await client.post(f"{place}/undo")).json()

        async def rows_done():
            return (await client.get(place)).json()["undo"]["undone"] >= 1000

        await _killed_at_work(urls, rows_done)
        left = (await client.get(place)).json()["undo"]
        assert 1000 <= left["undone"] < rows
        async with service.database.read() as db:
            voided = await db.connection.fetchval(
                "SELECT count(*) FROM sales_order WHERE voided_at IS NOT NULL"
            )
        assert voided == left["undone"]
    async with running(build, Settings, urls) as service, service_client(service, me) as client:
        await ended_operation(client, undoing["id"])
        done = (await client.get(place)).json()["undo"]
        assert (done["status"], done["undone"], done["kept"]) == ("succeeded", rows, 0)
        async with service.database.read() as db:
            told = await db.connection.fetch(
                "SELECT jsonb_array_elements((payload->'data'->'orders')::jsonb)->>'order_id' AS id"
                " FROM outbox WHERE type = 'orders.voided.v1'"
            )
        assert len(told) == len({row["id"] for row in told}) == rows
        assert (await client.get("/v1/orders")).json()["data"] == []


async def test_an_import_that_was_cancelled_while_it_waited_is_tidied_away(service_database):
    urls = service_database("customer_waiting")
    me = staff("manager")
    async with running(build, Settings, urls, worker=False) as service, service_client(service, me) as client:
        started = (await sent(client, "name,kind\n甲,person\n", entity="customers")).json()
        assert (await client.post(f"/v1/operations/{started['id']}/cancel")).json()["status"] == "cancelled"

        async def left():
            async with service.database.read() as db:
                return await db.connection.fetchval("SELECT count(*) FROM upload")

        assert await left() == 1
        async with running(build, Settings, urls), asyncio.timeout(30):
            while await left():  # noqa: ASYNC110 - a worker does it
                await asyncio.sleep(0.02)
        assert (await client.get(f"/v1/imports/{started['id']}")).json()["status"] == "cancelled"
        assert (await client.get("/v1/customers")).json()["data"] == []
