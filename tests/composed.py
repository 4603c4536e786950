"""All services in this process on databases of a test's own, and a caller who speaks raw ASGI to them."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import asyncpg
from starlette.types import ASGIApp, Message, Scope

from shared.db.migrate import upgrade
from tonglu_local.options import SERVICES, Options
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System, running

_ADDRESSES = ip_network("10.0.0.0/8").hosts()
"""Each request comes from an address of its own: tests guess more than one address may."""

PASSWORD = "a long night at the warehouse"


@asynccontextmanager
async def composed(
    server: EmbeddedPostgres, name: str, state_dir: Path, *, amqp_url: str | None = None
) -> AsyncIterator[System]:
    """The system, migrated and started; its databases carry `name`."""
    urls = {service: server.ensure_service(f"{name}_{service}") for service in SERVICES}
    environment = {
        "TONGLU_STATE_DIR": str(state_dir),
        "TONGLU_ADMIN_PASSWORD": PASSWORD,
        "TONGLU_AMQP_URL": amqp_url or "",
        "TONGLU_AMQP_PREFIX": name,
    }
    await upgrade("gateway", urls["gateway"].owner_url)
    await let_ask_much(urls["gateway"].owner_url)  # before the gateway knows of other plans
    async with running(Options.of(environment), urls) as system:
        yield system


async def let_ask_much(gateway_url: str) -> None:
    """Plans under which a test may ask faster than any person; a running gateway knows in two seconds."""
    connection = await asyncpg.connect(gateway_url)
    try:
        await connection.execute(
            "UPDATE plan SET requests_per_minute = 1000000, burst = 100000, requests_per_day = NULL"
        )
    finally:
        await connection.close()


@dataclass(frozen=True)
class Ask:
    """One request as a server would hand it over; `path` and `query` are percent-encoded."""

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    def having(self, *headers: tuple[str, str]) -> "Ask":
        """The same with these headers instead of those of the same name."""
        new = tuple((name.lower().encode(), value.encode("latin-1")) for name, value in headers)
        names = {name for name, _ in new}
        return replace(self, headers=(*(each for each in self.headers if each[0] not in names), *new))

    def saying(self, body: bytes, media: str = "application/json") -> "Ask":
        """The same with this body."""
        return replace(self, body=body).having(("content-type", media))

    def __str__(self) -> str:
        query = f"?{self.query[:100].decode('latin-1')}" if self.query else ""
        return f"{self.method} {self.path[:150].decode('latin-1')}{query} {self.body[:300]!r}"


@dataclass
class Answer:
    """What came back; an endless stream is left after its headers."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


async def ask(app: ASGIApp, request: Ask) -> Answer:
    """Call the application; a failure that leaves it is raised here."""
    answer, left, sent = Answer(), asyncio.Event(), False

    async def receive() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": request.body, "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
            if answer.media == "text/event-stream":
                left.set()
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await app(_scope(request), receive, send)
    return answer


def _scope(request: Ask) -> Scope:
    given = dict(request.headers)
    length = () if b"content-length" in given else ((b"content-length", str(len(request.body)).encode()),)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": request.method,
        "path": unquote(request.path.decode("ascii")),
        "raw_path": request.path,
        "query_string": request.query,
        "root_path": "",
        "headers": [(b"host", b"fuzz"), *length, *request.headers],
        "client": (str(next(_ADDRESSES)), 1),
        "server": ("fuzz", 80),
    }


class Person:
    """Somebody signed in at the front door."""

    def __init__(self, front: ASGIApp, token: str | None = None) -> None:
        self.front = front
        self.token = token

    async def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Ask in the ordinary way."""
        request = Ask(method, path.encode(), urlencode(query).encode())
        return await self.send(request if body is None else request.saying(json.dumps(body).encode()))

    async def send(self, request: Ask) -> Answer:
        """Ask exactly this, signed in."""
        if self.token is not None:
            request = request.having(("authorization", f"Bearer {self.token}"))
        return await ask(self.front, request)

    async def made(self, path: str, body: Any = None) -> Any:
        """POST something that must work; what it answers."""
        answer = await self("POST", path, body)
        assert answer.status in {200, 201, 202}, (path, answer.status, answer.body)
        return answer.json()


class Partner(Person):
    """Somebody who shows a key."""

    async def send(self, request: Ask) -> Answer:
        """Ask exactly this, with the key."""
        return await ask(self.front, request.having(("x-api-key", str(self.token))))


async def signed_in(front: ASGIApp, username: str = "admin", password: str = PASSWORD) -> Person:
    """Sign in at the front door."""
    form = urlencode({"username": username, "password": password}).encode()
    request = Ask("POST", b"/v1/auth/token").saying(form, "application/x-www-form-urlencoded")
    answer = await ask(front, request)
    assert answer.status == 200, answer.body
    return Person(front, answer.json()["access_token"])


async def hired(admin: Person, username: str, *roles: str, **fields: Any) -> Person:
    """A new account, signed in; `fields` are its scope and its unit."""
    account = {"username": username, "display_name": username, "password": PASSWORD, "roles": list(roles)}
    await admin.made("/v1/staff", {**account, **fields})
    return await signed_in(admin.front, username)


def rows_of(found: Iterable[Any]) -> list[dict[str, Any]]:
    """Records as plain mappings."""
    return [dict(row) for row in found]
