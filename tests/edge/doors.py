"""Both edges before one gateway, nginx and the one in process; behind them services that echo."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.edge.published import PACKAGES, document, table
from tools import nginx

from gateway.app import Gateway, build, ensure_admin, front, internal_jwks
from gateway.settings import Settings
from shared.db.migrate import upgrade
from shared.messaging.local import LocalBus
from shared.testing import clean
from shared.testing.services import settings_for
from tonglu_local.postgres import ServiceUrls

PASSWORD = "a lighthouse in the fog"
EDGES = ("nginx", "embedded")


class Echo:
    """Any service: tells what it received; streams never end by themselves."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.heard += 1
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        stream = scope["path"].endswith("/events")
        media = b"text/event-stream" if stream else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", media)]})
        told = b"data: first\n\n" if stream else self._told(scope, len(body + message["body"]))
        await send({"type": "http.response.body", "body": told, "more_body": stream})
        while stream and message["type"] != "http.disconnect":
            message = await receive()

    def _told(self, scope: Scope, length: int) -> bytes:
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        path = f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}"
        seen = {"service": self.name, "method": scope["method"], "path": path, "headers": headers}
        return json.dumps({**seen, "length": length}).encode()


@dataclass
class Doors:
    """The two ways in to the same gateway and the same services."""

    gateway: Gateway
    urls: dict[str, str]
    services: dict[str, Echo]
    admin: dict[str, str]

    def client(self, edge: str, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A client of this edge that comes from this address."""
        transport = httpx.AsyncHTTPTransport(local_address=address)
        return httpx.AsyncClient(base_url=self.urls[edge], transport=transport, timeout=20)

    async def made(self, path: str, body: Any) -> Any:
        """What the administrator's POST has made."""
        async with self.client("embedded") as client:
            answer = await client.post(path, json=body, headers=self.admin)
            assert answer.status_code == 201, answer.text
            return answer.json()

    async def hired(self, username: str, role: str) -> dict[str, str]:
        """What a new account of this role shows."""
        account = {"username": username, "display_name": username, "password": PASSWORD, "roles": [role]}
        await self.made("/v1/staff", account)
        return await signed_in(self.urls["embedded"], username)


async def signed_in(url: str, username: str) -> dict[str, str]:
    """The header of somebody who just signed in."""
    form = {"username": username, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.post("/v1/auth/token", data=form)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@asynccontextmanager
async def doors(urls: ServiceUrls) -> AsyncIterator[Doors]:
    """Both edges, open."""
    table()  # takes seconds, once; a request should not wait for it
    await upgrade("gateway", urls.owner_url)
    services = {name: Echo(name) for name in PACKAGES if name != "gateway"}
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(_gateway(urls))
        apps: dict[str, ASGIApp] = {**services, "gateway": gateway.asgi}
        ports = {name: [await stack.enter_async_context(served(app))] for name, app in apps.items()}
        embedded = await stack.enter_async_context(served(front(gateway, services)))
        edge = stack.enter_context(nginx.running(ports))
        found = {"nginx": f"http://127.0.0.1:{edge.port}", "embedded": f"http://127.0.0.1:{embedded}"}
        yield Doors(gateway, found, services, await signed_in(found["embedded"], "admin"))


@asynccontextmanager
async def _gateway(urls: ServiceUrls) -> AsyncIterator[Gateway]:
    settings = settings_for(Settings, urls)
    settings = settings.model_copy(update={"internal_jwks": await internal_jwks(settings)})
    documents = {name: (lambda name=name: document(name)) for name in PACKAGES if name != "gateway"}
    gateway = build(settings, LocalBus(), clients={}, documents=documents)
    async with gateway.running(exclusive=True):
        await clean(gateway.database, keep=("signing_key",))
        await ensure_admin(gateway.database, PASSWORD)
        yield gateway


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """The port at which an application of this process answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(100)  # who comes before the server has started waits
        server = _Server(uvicorn.Config(app, lifespan="off", log_config=None, proxy_headers=False))
        serving = asyncio.create_task(server.serve([listening]))
        yield listening.getsockname()[1]
        server.should_exit = server.force_exit = True
        await serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the tests' process."""
        yield
