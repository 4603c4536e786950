"""Files that leave and workbooks that arrive: rows a second, and the memory of who reads them."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import xlsxwriter
from tools.bench.figures import Goal, Line, number
from tools.bench.parts import raw
from tools.bench.stage import Stage

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.composition import Service
from shared.run import settled_heap
from shared.testing.clients import service_client, staff
from shared.testing.services import running

_PATIENCE = 300
_GOING = {"queued", "running"}
_KILOBYTES = 1024
# A process counts the memory of who started it as its own, so somebody small does.
_SMALL = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, env={})
sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
"""
_AT_WORK = """
SELECT EXISTS (SELECT FROM customer LEFT JOIN customer_piece ON customer_id = id WHERE customer_id IS NULL)
    OR EXISTS (SELECT FROM job WHERE state = 'running')
"""
_READER = [sys.executable, "-I", "-m", "shared.sheets.workbook"]


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """From the request to the last byte that is stored; every cell quoted and looked at for formulas."""
    urls = await stage.database("files", "customer_svc")
    await raw.fill(urls.app_url, stage.sizes.scored)
    rates: list[float] = []
    async with running(build, Settings, urls) as service, service_client(service, staff("manager")) as client:
        settled_heap()  # as every process that serves
        await _at_rest(service)
        for place in range(stage.sizes.rounds + 1):
            rate = await _exported(client, stage.sizes.scored)
            rates += [rate] if place else []  # the first round warms up
    rows = number(stage.sizes.scored)
    yield Line(f"{rows} customers as CSV", rates, "/s", beside="16 columns", goal=Goal(100_000))
    book = stage.folder / "rows.xlsx"
    await asyncio.to_thread(_written, book, stage.sizes.scored)
    read = [await asyncio.to_thread(_read, book) for _ in range(stage.sizes.rounds)]
    yield Line(f"{rows} rows of a workbook", [rate for rate, _ in read], "/s", beside="8 columns")
    memory = [megabytes for _, megabytes in read]
    yield Line("the process that reads it", memory, " MB", goal=Goal(300, at_most=True))


async def _at_rest(service: Service) -> None:
    """Once the worker has gone over the customers, which were stored without what they are found by."""
    async with asyncio.timeout(_PATIENCE), service.database.read() as db:
        while await db.connection.fetchval(_AT_WORK):  # noqa: ASYNC110 - another task does it
            await asyncio.sleep(0.2)


async def _exported(client: httpx.AsyncClient, expected: int) -> float:
    started = time.perf_counter()
    answer = await client.post("/v1/exports", json={"entity": "customers"})
    address = f"/v1/exports/{answer.raise_for_status().json()['id']}"
    async with asyncio.timeout(_PATIENCE):
        while (entry := await _entry(client, address))["status"] in _GOING:  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.02)
    spent = time.perf_counter() - started
    if entry["rows"] != expected:
        raise RuntimeError(f"the export ended otherwise than expected: {entry}")
    return expected / spent


async def _entry(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(address)).raise_for_status().json()
    return found


def _written(path: Path, rows: int) -> None:
    """Texts of which every fourth is one of its own, numbers, times."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, moment = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, ["order_no", "channel", "ordered_at", "amount", "currency", "code", "sku", "n"])
        for row in range(1, rows + 1):
            sheet.write_string(row, 0, f"S-{row}")
            sheet.write_string(row, 1, "store")
            sheet.write_number(row, 2, 46_000 + row / 1e5, moment)
            sheet.write_number(row, 3, row / 100)
            sheet.write_row(row, 4, ["CNY", f"C-{row % 1000}", "TEA", 2])


def _read(path: Path) -> tuple[float, float]:
    """Rows a second, and the most memory in MB."""
    started = time.perf_counter()
    with path.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-c", _SMALL, *_READER], stdin=file, capture_output=True, check=True
        )
    rows = done.stdout.count(b"\n") - 1
    return rows / (time.perf_counter() - started), int(done.stderr) / _KILOBYTES
