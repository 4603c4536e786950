"""A service put together: its database, its door for HTTP, its doors for events, its loops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, FastAPI

from shared import jobs, operations, uploads
from shared.audit import Journal, anchors
from shared.audit import jobs as audit_jobs
from shared.audit.routes import audit_router
from shared.auth.tokens import TokenVerifier
from shared.db import Database
from shared.db.migrate import is_at_head
from shared.events.audit import AuditAnchored
from shared.http import idempotency
from shared.http.application import create_app
from shared.http.client import keys_from, make_client
from shared.http.frame import Frame
from shared.http.health import Check, health_router
from shared.jobs import Jobs, Worker
from shared.loops import Loops, every
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers
from shared.messaging.inbox import Inbox
from shared.messaging.rabbit import RabbitBus
from shared.messaging.relay import Relay
from shared.messaging.retries import Retries
from shared.messaging.routes import operator_router
from shared.operations import OperationFollower
from shared.operations.routes import operations_router
from shared.sealing import Sealer
from shared.settings import ServiceSettings
from shared.usage import Reporter, Tally

Loop = Callable[[], Awaitable[None]]
_TIDY_SECONDS = 3600


@dataclass(kw_only=True)
class Blueprint:
    """What makes one service different from another.

    `number` (1 to 5) is the last hex digit of its operations' ids. `loops` run in the worker, `api_loops`
    beside the HTTP door. `carried` is what handlers find in `request.state`.
    """

    name: str
    package: str
    number: int
    title: str
    description: str
    routers: Sequence[APIRouter]
    consumers: Consumers = field(default_factory=lambda: Consumers({}))
    jobs: Jobs = field(default_factory=lambda: Jobs({}))
    loops: Mapping[str, Loop] = field(default_factory=dict)
    api_loops: Mapping[str, Loop] = field(default_factory=dict)
    carried: Mapping[str, Any] = field(default_factory=dict)


class Service:
    """One service, ready to run in a process of its own or beside the others."""

    def __init__(
        self,
        blueprint: Blueprint,
        settings: ServiceSettings,
        *,
        database: Database,
        bus: EventBus | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.name = blueprint.name
        self.package = blueprint.package
        self.settings = settings
        self.database = database
        self.sealer = Sealer(settings.data_key.get_secret_value())
        self.journal = Journal(blueprint.name, database, self.sealer)
        self.loops = Loops()
        self.tally = tally or Tally()
        self.draining = False
        self._blueprint = blueprint
        self._consumers = blueprint.consumers.also({AuditAnchored: anchors.keeping(self.name)})
        self._bus = bus
        self._at_head = False
        self.app = self._application(blueprint)
        self.asgi = self._framed(self.app)

    def _application(self, blueprint: Blueprint) -> FastAPI:
        routers = [
            *blueprint.routers,
            operations_router(),
            operator_router(self.name),
            audit_router(self.name),
            self.health_router(),
        ]
        return create_app(
            title=blueprint.title,
            description=blueprint.description,
            version=release(),
            routers=routers,
            consumes=self.consumed,
        )

    def _framed(self, app: FastAPI) -> Frame:
        carried = {
            "service": self.name,
            "service_number": self._blueprint.number,
            "database": self.database,
            "sealer": self.sealer,
            "journal": self.journal,
            "request_seconds": self.settings.request_seconds,
            **self._blueprint.carried,
        }
        return Frame(
            app,
            service=self.name,
            carried=carried,
            verifier=_verifier(self.name, self.settings),
            max_in_flight=self.settings.max_in_flight,
            tally=self.tally,
        )

    def health_only(self) -> Frame:
        """What a worker serves: `/livez`, `/readyz`, `/version`."""
        routers = [self.health_router()]
        return self._framed(
            create_app(title=self.name, description="Health", version=release(), routers=routers)
        )

    def health_router(self) -> APIRouter:
        """`/livez`, `/readyz`, `/version` of this service."""
        return health_router(self.name, release(), self.checks)

    @property
    def consumed(self) -> frozenset[str]:
        """The event types that this service consumes."""
        return self._consumers.types

    @property
    def checks(self) -> Mapping[str, Check]:
        """What readiness asks: the database, its migrations, the loops, and that we are not leaving."""
        return {
            "database": self._database_answers,
            "migrations": self._migrated,
            "loops": self._loops_alive,
            "staying": self._staying,
        }

    async def _database_answers(self) -> bool:
        async with self.database.read() as reader:
            return bool(await reader.connection.fetchval("SELECT true"))

    async def _migrated(self) -> bool:
        self._at_head = self._at_head or await is_at_head(
            self.package, self.settings.database_url.get_secret_value()
        )
        return self._at_head

    async def _loops_alive(self) -> bool:
        return all(self.loops.alive().values())

    async def _staying(self) -> bool:
        return not self.draining

    async def declare(self) -> None:
        """Have the bus keep from now on what this service consumes, whether it runs or not."""
        async with AsyncExitStack() as stack:
            bus = await self._opened_bus(stack)
            await bus.declare(self.name, self.consumed)

    @asynccontextmanager
    async def running(
        self, *, api: bool = True, worker: bool = True, exclusive: bool = False
    ) -> AsyncIterator["Service"]:
        """Open everything, run the loops of these parts, and close it all in reverse.

        `exclusive` says that no other process works on this database: leases of a dead predecessor are
        taken back at once.
        """
        async with AsyncExitStack() as stack:
            await self.database.open()
            stack.push_async_callback(self.database.close)
            bus = await self._opened_bus(stack)
            stack.push_async_callback(self.journal.close)
            stack.push_async_callback(self.loops.stop)
            self.journal.run_in(self.loops)
            Relay(self.name, self.database, bus).run_in(self.loops)
            if api:
                self._start(self._blueprint.api_loops)
                self._report_use()
            if worker:
                self._start_worker(bus, exclusive=exclusive)
            yield self

    async def _opened_bus(self, stack: AsyncExitStack) -> EventBus:
        if self._bus is not None:
            return self._bus
        if self.settings.amqp_url is None:
            raise RuntimeError("AMQP_URL is missing and the launcher gave no bus")

        bus: EventBus = RabbitBus(self.settings.amqp_url.get_secret_value(), prefix=self.settings.amqp_prefix)
        await bus.open()
        stack.push_async_callback(bus.close)
        return bus

    def _start_worker(self, bus: EventBus, *, exclusive: bool) -> None:
        blueprint, consumers = self._blueprint, self._consumers
        inbox = Inbox(self.name, self.database, consumers)
        self.loops.start("consumer", lambda: bus.subscribe(self.name, consumers.types, inbox.deliver))
        Retries(inbox).run_in(self.loops)
        worker = Worker(
            self.database,
            {**blueprint.jobs.handlers, **audit_jobs.handlers(self.name, self.journal.keys)},
            (*blueprint.jobs.periodic, audit_jobs.NIGHTLY),
            follower=OperationFollower(),
            exclusive=exclusive,
        )
        self.loops.start("jobs", worker.run)
        self.loops.repeat("tidying", self._tidy, every=_TIDY_SECONDS)
        self.loops.start("anchors", self._anchored)
        self._start(blueprint.loops)

    def _report_use(self) -> None:
        """Tell the gateway who uses this service how much, where it is said to be."""
        url, secret = self.settings.usage_url, self.settings.usage_secret
        if url is not None and secret is not None:
            reporter = Reporter(self.tally, make_client(url), secret.get_secret_value().encode())
            self.loops.start("usage", reporter.run)

    def _start(self, loops: Mapping[str, Loop]) -> None:
        for name, loop in loops.items():
            self.loops.start(name, loop)

    async def _anchored(self) -> None:
        seconds = self.settings.audit_anchor_seconds
        await asyncio.sleep(seconds)
        await every(seconds, partial(anchors.tell, self.database, self.name))()

    async def _tidy(self) -> None:
        for tidy in (idempotency.forget_old, jobs.forget_old, operations.forget_old, uploads.forget_old):
            await tidy(self.database)


def _verifier(audience: str, settings: ServiceSettings) -> TokenVerifier:
    url = settings.internal_jwks_url
    return TokenVerifier(audience, jwks=settings.internal_jwks, fetch=keys_from(url) if url else None)


def release() -> str:
    """The version of what runs here."""
    try:
        return version("tonglu-shared")
    except PackageNotFoundError:
        return "0"
