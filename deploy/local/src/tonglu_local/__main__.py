"""python -m tonglu_local up | demo."""

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable

import uvloop

from shared.loops import report
from shared.run import serve
from shared.telemetry import logs, metrics
from tonglu_local import demo, telling
from tonglu_local.databases import databases
from tonglu_local.options import OptionError, Options
from tonglu_local.postgres import PostgresError
from tonglu_local.system import System, running

Beside = Callable[[Options, System], Awaitable[None]]
_INTERRUPTED = 130
_THREADS_SECONDS = 0.5


def main() -> None:
    """Run what the command line names; a failure that the user can mend is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="tonglu", description="Run all of Tonglu on this machine.")
    parser.add_argument("what", choices=("up", "demo"), help="demo also loads the sample")
    what = parser.parse_args().what
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # while nothing serves yet
    try:
        options = Options.of()
        _require_port(options)
        logs.configure(options.log_level)
        metrics.install()
        if options.metrics_port:
            metrics.serve(options.metrics_port, options.host)
        with databases(options) as urls:
            runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
            still = runner.run(_run(options, urls, demo.load if what == "demo" else None))
    except (OptionError, PostgresError) as error:
        sys.stderr.write(f"tonglu: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    if not still:
        _end_now()
    runner.close()


def _end_now() -> None:
    """Threads that compute cannot be stopped; what they would have found is found again at the next start."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _require_port(options: Options) -> None:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        socket.create_server((options.host, options.port), family=family).close()
    except OSError as error:
        raise OptionError(
            f"port {options.port} of {options.host} cannot be had ({error.strerror}): "
            "stop what uses it, or choose another TONGLU_PORT"
        ) from None


async def _run(options: Options, urls: telling.Urls, beside: Beside | None) -> bool:
    """Serve until told to stop; whether every thread has come to its end by then."""
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


if __name__ == "__main__":
    main()
