"""The embedded system started a second time: how long until it is ready, and what it weighs then."""

import asyncio
import time
from collections.abc import AsyncIterator

from tools.bench.figures import Goal, Line, number
from tools.bench.processes import free_port, spawn, weight
from tools.bench.stage import Stage, launched

_SETTLE_SECONDS = 1.0


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """One first start, then starts with everything there already."""
    first = (await _started(stage))[0]
    seconds, resident, proportional = zip(
        *[await _started(stage) for _ in range(stage.sizes.rounds)], strict=True
    )
    yield Line(
        "second start to ready",
        seconds,
        " s",
        f"the first took {number(first)} s",
        Goal(4, 2, at_most=True),
    )
    yield Line("memory, shared pages once (PSS)", proportional, " MB")
    yield Line("memory, RSS of all processes", resident, " MB", goal=Goal(350, 250, at_most=True))


async def _started(stage: Stage) -> tuple[float, float, float]:
    """Seconds, then MB resident and MB proportional."""
    port = free_port()
    begun = time.perf_counter()
    environment = launched(stage.folder / "embedded", port)
    child = spawn(["tonglu_local", "up"], environment, stage.folder / "embedded.log", port=port)
    try:
        await child.ready()
        seconds = time.perf_counter() - begun
        await asyncio.sleep(_SETTLE_SECONDS)
        return seconds, *weight(child.process.pid)
    finally:
        await asyncio.to_thread(child.stop)
