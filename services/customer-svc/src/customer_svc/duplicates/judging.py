"""The worker's side of the process that compares customers."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from customer_svc.duplicates.scoring import LENGTH, message
from shared.problems import Problem
from shared.sheets.booking import buried

_SECONDS = 120


class Judge:
    """Asks the process; one question after the other."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._to, self._from = process.stdin, process.stdout
        self._turn = asyncio.Lock()

    async def tell(self, oversize: Iterable[int]) -> None:
        """Which keys too many records have."""
        self._to.write(message(list(oversize)))
        await self._to.drain()

    async def judged(self, rows: list[list[Any]], blocks: list[list[Any]]) -> list[list[Any]]:
        """The pairs that may be one, as `scoring.pairs` gives them; Problem if the process came to an end."""
        async with self._turn:
            try:
                async with asyncio.timeout(_SECONDS):
                    self._to.write(message([rows, blocks]))
                    await self._to.drain()
                    length = int.from_bytes(await self._from.readexactly(LENGTH), "big")
                    found: list[list[Any]] = json.loads(await self._from.readexactly(length))
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                raise _failed() from None
            return found


@asynccontextmanager
async def judge_at_work() -> AsyncIterator[Judge]:
    """A process that compares; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "customer_svc.duplicates.scoring",
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={},
    )
    try:
        yield Judge(process)
    finally:
        await buried(process)


def _failed() -> Problem:
    return Problem("comparing_failed", en="Comparing the customers failed.", zh="客户比对失败。")
