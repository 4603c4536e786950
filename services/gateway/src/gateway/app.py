"""The composition root: everything that the gateway consists of is put together here."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
from starlette.types import ASGIApp

from gateway.documentation.bookshelf import Bookshelf
from gateway.documentation.routes import router as documentation
from gateway.documentation.sources import Documents
from gateway.edge.check import Check
from gateway.edge.identity import StaffIdentity
from gateway.edge.paths import Paths
from gateway.edge.routes import published_keys
from gateway.edge.routes import router as edge
from gateway.keys.ring import KeyRing
from gateway.profile.clients import Destination
from gateway.profile.composer import Composer
from gateway.profile.routes import router as profile
from gateway.routing.edge import Edge
from gateway.sessions.desk import Desk, Terms
from gateway.sessions.routes import router as sessions
from gateway.settings import Settings
from gateway.staff.commands import ensure_admin
from gateway.staff.passwords import Passwords
from gateway.staff.routes import router as staff
from shared.clock import Clock, utc_now
from shared.composition import Blueprint, Service, release
from shared.db import Database
from shared.http.client import make_client
from shared.messaging.bus import EventBus
from shared.sealing import Sealer

NAME = "gateway"
_DESCRIPTION = "People, sign-in, the customer profile, and the documentation of all services."

__all__ = ["build", "ensure_admin", "front", "internal_jwks"]


class Gateway(Service):
    """The service and the parts of it that its launcher needs."""

    check: Check


def build(
    settings: Settings,
    bus: EventBus | None = None,
    *,
    clients: Mapping[str, httpx.AsyncClient] | None = None,
    documents: Mapping[str, Callable[[], Mapping[str, Any]]] | None = None,
    clock: Clock = utc_now,
) -> Gateway:
    """Put the gateway together.

    `clients` reach the other services (in this process or over the network) and are the caller's to close;
    without them they are made from the settings. `documents` tell the OpenAPI documents of services in this
    process; the others' are fetched.
    """
    if clients is None:
        clients = {name: make_client(url) for name, url in settings.service_urls().items()}
    database = Database(settings.database_url.get_secret_value(), max_size=settings.pool_size, clock=clock)
    ring = KeyRing(database, Sealer(settings.data_key.get_secret_value()))
    passwords = Passwords()

    def own_document() -> Mapping[str, Any]:
        return gateway.app.openapi()

    told = Documents({**(documents or {}), NAME: own_document}, clients)
    identity = StaffIdentity(database, ring, issuer=settings.issuer)
    check = Check(Paths(told.all).table, identity, ring)
    carried = {
        "passwords": passwords,
        "ring": ring,
        "desk": Desk(database, ring, passwords, _terms(settings)),
        "check": check,
        "bookshelf": Bookshelf(told, version=release()),
        "composer": Composer({name: Destination(each) for name, each in clients.items()}, check.token),
    }
    gateway = Gateway(_blueprint(carried), settings, database=database, bus=bus)
    gateway.check = check
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


def _blueprint(carried: Mapping[str, Any]) -> Blueprint:
    return Blueprint(
        name=NAME,
        package="gateway",
        number=5,
        title="Tonglu gateway",
        description=_DESCRIPTION,
        routers=[sessions, staff, profile, edge],
        carried=carried,
    )


def _show_the_merged_document(gateway: Service) -> None:
    """The framework's own `/openapi.json` tells of this service only: ours takes its place."""
    app = gateway.app
    app.router.routes[:] = [
        route for route in app.router.routes if getattr(route, "path", "") != "/openapi.json"
    ]
    app.include_router(documentation)


def _terms(settings: Settings) -> Terms:
    root = base64.b64decode(settings.data_key.get_secret_value())
    return Terms(
        issuer=settings.issuer,
        access_life=timedelta(seconds=settings.access_token_seconds),
        session_life=timedelta(days=settings.session_days),
        pepper=hmac.digest(root, b"sign-in guard", hashlib.sha256),
    )
