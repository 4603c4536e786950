"""The command line of a service: `python -m <service> api`, `worker`, `migrate`, and those of the audit."""

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp

from shared.audit import console
from shared.composition import Service
from shared.db.migrate import upgrade
from shared.http.patience import Patient
from shared.settings import ServiceSettings, SettingsMissing
from shared.telemetry import logs, metrics

Settings = TypeVar("Settings", bound=ServiceSettings)
_DRAIN_SECONDS = 3
_FINISH_SECONDS = 15


def run(
    build: Callable[[Settings], Service],
    settings_class: type[Settings],
    *,
    migrated: Callable[[Service], Awaitable[None]] | None = None,
) -> None:
    """Read the settings and run the part that the command line names; exit 2 when settings are missing.

    `migrated` does what a service needs once after its migrations, with its database open.
    """
    asked = _parser().parse_args()
    part = asked.part
    try:
        settings = settings_class.load()
    except SettingsMissing as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    logs.configure(settings.log_level)
    service = build(settings)
    if part == "migrate":
        asyncio.run(_migrate(service, migrated))
        return
    if part in (console.VERIFY, console.RETIRE):
        raise SystemExit(asyncio.run(console.run(service.name, settings, asked)))
    metrics.install()
    metrics.serve(settings.metrics_port, settings.host)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(service, part))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run one part of a Tonglu service.")
    parts = parser.add_subparsers(dest="part", required=True)
    for part in ("api", "worker", "migrate"):
        parts.add_parser(part)
    console.add_to(parts)
    return parser


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop  # noqa: PLC0415 - the platform decides

    return uvloop.new_event_loop


async def _migrate(service: Service, migrated: Callable[[Service], Awaitable[None]] | None) -> None:
    """Tables first, then the service's queue: what others tell before it first runs is kept for it."""
    settings = service.settings
    owner = settings.database_owner_url or settings.database_url
    await upgrade(service.package, owner.get_secret_value())
    if migrated is not None:
        await service.database.open()
        try:
            await migrated(service)
        finally:
            await service.database.close()
    await service.declare()


async def _serve(service: Service, part: str) -> None:
    api = part == "api"
    async with service.running(api=api, worker=not api):
        app: ASGIApp = service.asgi if api else service.health_only()
        await serve(app, service.settings, on_leaving=lambda: leave(service), watch=service.loops.died)


async def leave(service: Service) -> None:
    """Say not ready, and give the balancer time to notice."""
    service.draining = True
    await asyncio.sleep(_DRAIN_SECONDS)


def settled_heap() -> None:
    """Keep the collector off what start-up made: full collections otherwise pause for 60 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: leaving takes longer than setting a flag."""
        yield


async def serve(
    app: ASGIApp,
    settings: Any,
    *,
    on_leaving: Callable[[], Awaitable[None]],
    watch: Callable[[], Coroutine[Any, Any, object]],
) -> None:
    """Serve until SIGINT or SIGTERM, or until `watch` returns because something died; then drain."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,  # what forwards requests to us says who asks in a header that services read
        http=Patient,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    server = _Server(config)
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    settled_heap()
    serving = asyncio.create_task(server.serve())
    watching = asyncio.create_task(watch())
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({serving, watching, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if stopping in done:
        await on_leaving()
    server.should_exit = True
    await serving
    for task in (watching, stopping):
        task.cancel()
    if watching in done:
        raise SystemExit("a loop has died")
