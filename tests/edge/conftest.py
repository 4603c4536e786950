"""The nginx of `deploy/nginx`, for real."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.edge.echo import SERVICES, Gateway, Server
from tools import nginx


@pytest.fixture(scope="session", autouse=True)
def _there_is_an_nginx() -> None:
    try:
        nginx.program()
    except nginx.NoNginxError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the edge's tests: {error}", pytrace=False)
        pytest.skip(f"needs nginx: {error}")


@dataclass
class Place:
    """The edge, what it asks, and the echoing services behind it."""

    edge: nginx.Edge
    client: httpx.Client
    gateway: Gateway
    services: dict[str, list[Server]]

    def ask(
        self, path: str, credential: str = "Bearer good", method: str = "GET", **options: Any
    ) -> httpx.Response:
        """One request; the path goes over the wire as it stands here."""
        headers = {"Authorization": credential, **options.pop("headers", {})}
        exactly = {"target": path.encode()}
        return self.client.request(method, "/", headers=headers, extensions=exactly, **options)

    def heard(self, service: str) -> int:
        """How often the processes of this service were asked."""
        return sum(len(server.seen) for server in self.services[service])

    @property
    def log(self) -> str:
        return self.edge.log.read_text()


@contextmanager
def place(
    changes: Mapping[str, str] | None = None, replicas: Mapping[str, int] | None = None
) -> Iterator[Place]:
    """An edge whose configuration differs from the deployed one in these texts."""
    gateway = Gateway()
    services = {
        name: [
            Server(name, gateway if name == "gateway" else None) for _ in range((replicas or {}).get(name, 1))
        ]
        for name in SERVICES
    }
    ports = {name: [server.server_port for server in servers] for name, servers in services.items()}
    try:
        with nginx.running(ports, changes) as edge:
            url = f"http://127.0.0.1:{edge.port}"
            with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
                yield Place(edge, client, gateway, services)
    finally:
        for server in (each for servers in services.values() for each in servers):
            server.close()


@pytest.fixture(scope="session")
def deployed() -> Iterator[Place]:
    """The edge as it is deployed."""
    with place() as there:
        yield there


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until it is so; AssertionError if that takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
