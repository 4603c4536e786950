"""The composition root: everything that the gateway consists of is put together here."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api_keys.hashing import Hashing
from gateway.api_keys.queries import plans_of_keys
from gateway.api_keys.routes import router as api_keys
from gateway.api_keys.uses import Uses
from gateway.audit.auditor import Auditor
from gateway.audit.clients import Audit, RemoteAudit
from gateway.audit.routes import router as audit
from gateway.documentation.bookshelf import Bookshelf
from gateway.documentation.routes import router as documentation
from gateway.documentation.sources import Documents
from gateway.edge.check import Check
from gateway.edge.exchange import Exchange
from gateway.edge.identity import StaffIdentity
from gateway.edge.partners import KeyIdentity
from gateway.edge.paths import Paths
from gateway.edge.routes import published_keys
from gateway.edge.routes import router as edge
from gateway.edge.speaking import Speaking
from gateway.keys.ring import KeyRing
from gateway.limits.routes import router as limits
from gateway.limits.warden import Warden
from gateway.oidc.passage import Parts, passage_of
from gateway.oidc.routes import links as oidc_links
from gateway.oidc.routes import router as oidc
from gateway.profile.clients import Destination
from gateway.profile.composer import Composer
from gateway.profile.routes import router as profile
from gateway.reach.clients import Trees
from gateway.reach.consumers import REACH_EVENTS
from gateway.reach.lookup import Lookup
from gateway.reach.survey import EACH_HOUR, JOB, Survey
from gateway.routing.edge import Edge
from gateway.sessions.desk import Desk, Terms
from gateway.sessions.routes import router as sessions
from gateway.settings import Settings
from gateway.staff.commands import ensure_admin
from gateway.staff.passwords import Passwords
from gateway.staff.routes import inner as staff_inner
from gateway.staff.routes import router as staff
from gateway.usage.collector import Collector
from gateway.usage.routes import inner as reports
from gateway.usage.routes import router as usage
from shared.clock import Clock, utc_now
from shared.composition import Blueprint, Loop, Service, release
from shared.db import Database
from shared.http.client import make_client
from shared.http.health import Check as HealthCheck
from shared.jobs import Jobs
from shared.messaging.bus import EventBus
from shared.messaging.consumers import Consumers
from shared.sealing import Sealer
from shared.usage import Tally

NAME = "gateway"
_DESCRIPTION = (
    "People and partners, sign-in and keys, the customer profile, and the documentation of all services."
)

__all__ = ["build", "ensure_admin", "front", "internal_jwks", "terms"]


class Gateway(Service):
    """The service and the parts of it that its launcher needs."""

    check: Check
    told: Documents

    @property
    def checks(self) -> Mapping[str, HealthCheck]:
        """Ready is who knows all paths, too: the first to come need not wait until documents are made."""
        return {**super().checks, "documents": self._documents_asked}

    async def _documents_asked(self) -> bool:
        return await self.told.asked()


def build(
    settings: Settings,
    bus: EventBus | None = None,
    *,
    clients: Mapping[str, httpx.AsyncClient] | None = None,
    provider: httpx.AsyncClient | None = None,
    documents: Mapping[str, Callable[[], Mapping[str, Any]]] | None = None,
    tallies: Sequence[Tally] | None = None,
    clock: Clock = utc_now,
) -> Gateway:
    """Put the gateway together.

    `clients` reach the other services (in this process or over the network), `provider` the OpenID provider
    of the settings; they are the caller's to close, and without them they are made from the settings.
    `documents` tell the OpenAPI documents of services in this process; the others' are fetched. `tallies` are
    those of the services behind the `front` in this process, through which every request must come then;
    without them services report what they handled.
    """
    if clients is None:
        clients = {name: make_client(url) for name, url in settings.service_urls().items()}
    database = Database(settings.database_url.get_secret_value(), max_size=settings.pool_size, clock=clock)
    sealer = Sealer(settings.data_key.get_secret_value())
    ring, hashing, uses = KeyRing(database, sealer), Hashing(sealer), Uses(database)
    passwords, trees = Passwords(), Trees(clients.get("customer-svc"))

    def own_document() -> Mapping[str, Any]:
        return gateway.app.openapi()

    async def own_app(scope: Scope, receive: Receive, send: Send) -> None:
        await gateway.asgi(scope, receive, send)

    told = Documents({**(documents or {}), NAME: own_document}, clients)
    people = StaffIdentity(database, ring, issuer=settings.issuer)
    partners = KeyIdentity(database, hashing, uses, test_keys=settings.allow_test_keys)
    warden, collector, tally = _limits(database, sealer, tallies)
    check = Check(Paths(told.all).table, people, partners, ring, warden)
    desk = Desk(database, ring, passwords, terms(settings))
    parts = Parts(database, sealer, desk, passwords)
    carried = {
        "passwords": passwords,
        "ring": ring,
        "desk": desk,
        "passage": passage_of(settings, provider, parts),
        "check": check,
        "exchange": Exchange(database, ring, people, partners),
        "speaking": Speaking(ring),
        "service_secret": settings.service_secret and settings.service_secret.get_secret_value().encode(),
        "warden": warden,
        "collector": collector,
        "usage_secret": settings.usage_secret and settings.usage_secret.get_secret_value().encode(),
        "hashing": hashing,
        "test_keys": settings.allow_test_keys,
        "token_for": check.token,
        "check_seconds": settings.check_seconds,
        "bookshelf": Bookshelf(told, version=release()),
        "lookup": Lookup(database, trees),
        "auditor": Auditor(_audits(clients, own_app), check.token),
        "composer": Composer({name: Destination(each) for name, each in clients.items()}, check.token),
    }
    jobs = Jobs({JOB: Survey(trees, check.token)}, periodic=[EACH_HOUR])
    loops = {
        "key-uses": uses.run,
        "limits": warden.run,
        "usage-written": collector.run,
        "documents": told.keep,
    }
    gateway = Gateway(_blueprint(carried, loops, jobs), settings, database=database, bus=bus, tally=tally)
    gateway.check, gateway.told = check, told
    _show_the_merged_document(gateway)
    return gateway


def front(gateway: Gateway, apps: Mapping[str, ASGIApp]) -> Edge:
    """The embedded edge in front of the gateway and the other services' ASGI applications."""
    return Edge(gateway.check, {**apps, NAME: gateway.asgi})


async def internal_jwks(settings: Settings) -> str:
    """The key set that services in this process believe; makes the keys if need be. Needs migrated tables."""
    database = Database(settings.database_url.get_secret_value(), max_size=1)
    await database.open()
    try:
        return await published_keys(KeyRing(database, Sealer(settings.data_key.get_secret_value())))
    finally:
        await database.close()


def _audits(clients: Mapping[str, httpx.AsyncClient], own: ASGIApp) -> dict[str, Audit]:
    """The door to each service's audit, this one's among them."""
    everyone = {**clients, NAME: make_client(f"http://{NAME}", app=own)}
    return {name: RemoteAudit(name, client) for name, client in everyone.items()}


def _limits(
    database: Database, sealer: Sealer, tallies: Sequence[Tally] | None
) -> tuple[Warden, Collector, Tally]:
    """Who limits, who collects what was used, and the gateway's own tally."""
    own, counting = Tally(), tallies is not None
    pepper = sealer.digest("limits", b"subjects")
    warden = Warden(database, pepper=pepper, key_plans=plans_of_keys, counting=counting)
    return warden, Collector(database, warden, [own, *(tallies or ())], counted=counting), own


def _blueprint(carried: Mapping[str, Any], loops: Mapping[str, Loop], jobs: Jobs) -> Blueprint:
    return Blueprint(
        name=NAME,
        package="gateway",
        number=5,
        title="Tonglu gateway",
        description=_DESCRIPTION,
        routers=[
            edge,  # first, because it is asked most, and routes are tried in their order
            sessions,
            oidc,
            staff,
            staff_inner,
            oidc_links,
            api_keys,
            limits,
            usage,
            profile,
            audit,
            reports,
        ],
        consumers=Consumers(REACH_EVENTS),
        jobs=jobs,
        api_loops=loops,
        carried=carried,
    )


def _show_the_merged_document(gateway: Service) -> None:
    """The framework's own `/openapi.json` tells of this service only: ours takes its place."""
    app = gateway.app
    app.router.routes[:] = [
        route for route in app.router.routes if getattr(route, "path", "") != "/openapi.json"
    ]
    app.include_router(documentation)


def terms(settings: Settings) -> Terms:
    """On which terms people sign in here."""
    root = base64.b64decode(settings.data_key.get_secret_value())
    return Terms(
        issuer=settings.issuer,
        access_life=timedelta(seconds=settings.access_token_seconds),
        session_life=timedelta(days=settings.session_days),
        pepper=hmac.digest(root, b"sign-in guard", hashlib.sha256),
    )
