"""As many rows as a file may have: all of them arrive, and the worker's memory stays flat."""

import asyncio
import sys
from pathlib import Path

import pytest

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.sheets.texts import MOST_ROWS
from shared.testing import running, service_client, staff

from .conftest import sent
from .test_killed_workers import VICTIM as WORKER

MEGABYTES = 300
KILOBYTES = 1024


def _rows() -> str:
    orders = (f"S-{n},store,2026-03-{n % 28 + 1:02}T08:00:00Z,{n},C-{n % 50}" for n in range(MOST_ROWS))
    return "\n".join(["order_no,channel,ordered_at,amount_minor,customer_code", *orders])


def _most_memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / KILOBYTES


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_million_orders_come_in_and_memory_stays_flat(service_database):
    urls = service_database("customer_million")
    me = staff("manager")
    async with running(build, Settings, urls, worker=False) as service:
        async with service_client(service, me) as client:
            for code in range(50):
                await client.post(
                    "/v1/customers", json={"code": f"C-{code}", "name": "海纳", "kind": "person"}
                )
            started = (await sent(client, _rows(), entity="orders")).json()
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, urls.app_url, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            done = await _ended(service, me, f"/v1/imports/{started['id']}")
            most = _most_memory(worker.pid)
        finally:
            worker.kill()
            await worker.wait()
        assert (done["status"], done["read"], done["created"]) == ("succeeded", MOST_ROWS, MOST_ROWS)
        assert most < MEGABYTES
        async with service.database.read() as db:
            stored = await db.connection.fetchrow(
                "SELECT count(*), sum(amount_minor) AS sum FROM sales_order"
            )
        assert tuple(stored) == (MOST_ROWS, MOST_ROWS * (MOST_ROWS - 1) // 2)


async def _ended(service, me, place):
    """Asked with a new token each time: a token does not live as long."""
    while True:
        async with service_client(service, me) as client:
            found = (await client.get(place)).json()
        if found["status"] not in ("queued", "running"):
            return found
        await asyncio.sleep(0.2)
