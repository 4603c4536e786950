"""All of Tonglu in one event loop: five services, one bus between them, one edge in front."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

import customer_svc.app
import customer_svc.settings
import gateway.app
import gateway.settings
import interaction_svc.app
import interaction_svc.settings
import notify_svc.app
import notify_svc.settings
import scoring_svc.app
import scoring_svc.settings
from shared.composition import Service
from shared.db.migrate import upgrade
from shared.http.client import make_client
from shared.messaging.bus import EventBus
from shared.problems import Invalid
from shared.settings import SettingsMissing
from tonglu_local.buses import bus_of
from tonglu_local.options import OptionError, Options
from tonglu_local.postgres import ServiceUrls
from tonglu_local.secrets import data_keys

_PACKAGES = {
    "customer": "customer_svc",
    "interaction": "interaction_svc",
    "scoring": "scoring_svc",
    "notify": "notify_svc",
    "gateway": "gateway",
}


_DRAIN_SECONDS = 1.0


@dataclass(frozen=True)
class System:
    """Everything running; `made_password` is the first administrator's, when one had to be made."""

    services: tuple[Service, ...]
    front: ASGIApp
    made_password: str | None

    async def died(self) -> None:
        """Wait until a loop of some service is dead."""
        waiting = [asyncio.create_task(service.loops.died()) for service in self.services]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def leave(self) -> None:
        """Say not ready; nobody balances in front of one process, so there is nothing to wait for."""
        for service in self.services:
            service.draining = True

    async def stop(self) -> None:
        """End every loop; what does not end soon is broken off, since everything survives a kill anyway."""
        await asyncio.gather(*(service.loops.stop(drain=_DRAIN_SECONDS) for service in self.services))


@asynccontextmanager
async def running(options: Options, urls: Mapping[str, ServiceUrls]) -> AsyncIterator[System]:
    """Migrate, put together, start; stop in reverse."""
    for name, package in _PACKAGES.items():
        await upgrade(package, urls[name].owner_url)
    settings = _Settings(options, urls)
    async with AsyncExitStack() as stack:
        services = await _built(settings, stack)
        for service in services.values():
            await stack.enter_async_context(service.running(exclusive=True))
        door = services["gateway"]
        made = await first_admin(door, options.admin_password)
        apps = {name: service.asgi for name, service in services.items()}
        front = gateway.app.front(door, apps)  # type: ignore[arg-type]  # built as a Gateway below
        yield System(tuple(services.values()), front, made)


async def first_admin(door: Service, password: str | None) -> str | None:
    """See `ensure_admin`; raises OptionError for a password that is guessed first."""
    try:
        return await gateway.app.ensure_admin(door.database, password)
    except Invalid as problem:
        raise OptionError(f"TONGLU_ADMIN_PASSWORD: {problem.en}") from None


class _Settings:
    """The settings of each service, from the launcher's options."""

    def __init__(self, options: Options, urls: Mapping[str, ServiceUrls]) -> None:
        self._options = options
        self._urls = urls
        self._keys = data_keys(options.state_dir)
        self.attachment_dir = options.state_dir / "attachments"
        self.bus: EventBus = bus_of(options, _names())

    def of(self, name: str, settings_class: Any, **given: Any) -> Any:
        try:
            return settings_class.load(
                database_url=self._urls[name].app_url,
                database_owner_url=self._urls[name].owner_url,
                data_key=self._keys[name],
                log_level=self._options.log_level,
                **given,
            )
        except SettingsMissing as error:
            raise OptionError(" ".join(str(error).split())) from None


def _names() -> list[str]:
    return [name if name == "gateway" else f"{name}-svc" for name in _PACKAGES]


async def _built(settings: _Settings, stack: AsyncExitStack) -> dict[str, Service]:
    door = settings.of(
        "gateway",
        gateway.settings.Settings,
        admin_password=settings._options.admin_password,  # noqa: SLF001
    )
    speaking = {"service_secret": secrets.token_hex(32), "gateway_url": "http://gateway"}
    believed = {"internal_jwks": await gateway.app.internal_jwks(door)}
    bus = settings.bus
    await bus.open()
    stack.push_async_callback(bus.close)
    built: dict[str, Service] = {}
    clients = {name: await stack.enter_async_context(_reaching(built, name)) for name in _names()}
    reader, base = clients["customer-svc"], {"customer_url": "http://customer-svc", **believed}
    services = [
        customer_svc.app.build(
            settings.of("customer", customer_svc.settings.Settings, **believed),
            bus,
            gateway=clients["gateway"],
            interactions=clients["interaction-svc"],
        ),
        interaction_svc.app.build(
            settings.of(
                "interaction",
                interaction_svc.settings.Settings,
                attachment_dir=settings.attachment_dir,
                public_url=settings._options.public_url,  # noqa: SLF001
                **base,
            ),
            bus,
            customers=reader,
        ),
        scoring_svc.app.build(settings.of("scoring", scoring_svc.settings.Settings, **believed), bus),
        notify_svc.app.build(
            settings.of(
                "notify",
                notify_svc.settings.Settings,
                webhook_allow=settings._options.webhook_allow,  # noqa: SLF001
                smtp_url=settings._options.smtp_url,  # noqa: SLF001
                public_url=settings._options.public_url,  # noqa: SLF001
                interaction_url="http://interaction-svc",
                **base,
                **speaking,
            ),
            bus,
            customers=reader,
            interactions=clients["interaction-svc"],
            gateway=clients["gateway"],
        ),
    ]
    others = {service.name: clients[service.name] for service in services}
    tallies = [service.tally for service in services]
    documents = {service.name: service.app.openapi for service in services}
    door = settings.of(
        "gateway",
        gateway.settings.Settings,
        allow_test_keys=settings._options.allow_test_keys,  # noqa: SLF001
        service_secret=speaking["service_secret"],
        **believed,
    )
    services.append(gateway.app.build(door, bus, clients=others, documents=documents, tallies=tallies))
    built.update({service.name: service for service in services})
    return built


def _reaching(built: Mapping[str, Service], name: str) -> httpx.AsyncClient:
    """A client of a service of this process, which may be built after whoever is given the client."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await built[name].asgi(scope, receive, send)

    return make_client(f"http://{name}", app=app)
