"""From databases to a system that serves, and to its end; all that takes long to import is imported here."""

import asyncio
from collections.abc import Awaitable, Callable

import uvloop

from shared.loops import report
from shared.run import serve
from shared.telemetry import logs, metrics
from tonglu_local import demo, telling
from tonglu_local.options import Options
from tonglu_local.system import System, running

Beside = Callable[[Options, System], Awaitable[None]]
BESIDE: dict[str, Beside | None] = {"up": None, "demo": demo.load}
_THREADS_SECONDS = 0.5


def run(options: Options, urls: telling.Urls, what: str) -> bool:
    """Serve until told to stop; whether every thread has come to its end by then."""
    logs.configure(options.log_level)
    metrics.install()
    if options.metrics_port:
        metrics.serve(options.metrics_port, options.host)
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    still = runner.run(_run(options, urls, BESIDE[what]))
    if still:
        runner.close()
    return still


async def _run(options: Options, urls: telling.Urls, beside: Beside | None) -> bool:
    async with running(options, urls) as system:
        telling.started(options)
        telling.admin_made(system)
        task = asyncio.create_task(_guarded(beside, options, system)) if beside else None

        async def leave() -> None:
            await system.leave()
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

        await serve(system.front, options, on_leaving=leave, watch=system.died)
        await system.stop()
    try:
        async with asyncio.timeout(_THREADS_SECONDS):
            await asyncio.get_running_loop().shutdown_default_executor()
    except TimeoutError:
        return False
    return True


async def _guarded(beside: Beside, options: Options, system: System) -> None:
    """What runs beside the system must not fail in silence, nor take the system with it."""
    try:
        await beside(options, system)
    except Exception as error:  # noqa: BLE001 - reported, and the next start goes on from here
        report("demo", error)
        telling.sorry("the sample is not complete; start again to go on")
