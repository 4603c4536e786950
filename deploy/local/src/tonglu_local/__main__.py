"""python -m tonglu_local up | demo."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

import uvloop

from shared.run import serve
from shared.telemetry import logs, metrics
from tonglu_local import demo, telling
from tonglu_local.databases import databases
from tonglu_local.options import OptionError, Options
from tonglu_local.postgres import PostgresError
from tonglu_local.system import System, running

Beside = Callable[[Options, System], Awaitable[None]]


def main() -> None:
    """Run what the command line names; a failure that the user can mend is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="tonglu", description="Run all of Tonglu on this machine.")
    parser.add_argument("what", choices=("up", "demo"), help="demo also loads the sample")
    what = parser.parse_args().what
    try:
        options = Options.of()
        logs.configure(options.log_level)
        metrics.install()
        with databases(options) as urls, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(options, urls, demo.load if what == "demo" else None))
    except (OptionError, PostgresError) as error:
        sys.stderr.write(f"tonglu: {error}\n")
        raise SystemExit(2) from None


async def _run(options: Options, urls: telling.Urls, beside: Beside | None) -> None:
    async with running(options, urls) as system:
        telling.started(options, system)
        task = asyncio.create_task(beside(options, system)) if beside else None
        try:
            await serve(system.front, options, on_leaving=system.leave, watch=system.died)
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    main()
