"""The real launcher in a process of its own, as a person starts it: a port, a state folder, a bus."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx

PASSWORD = "a long night at the warehouse"
START_SECONDS = 90.0


class Launcher:
    """`python -m tonglu_local` on `state_dir`; what it printed is in `log`."""

    def __init__(self, state_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.state_dir = state_dir
        self.log = state_dir.with_suffix(".log")
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, what: str = "up", *, password: str | None = PASSWORD, behind: bool = False) -> None:
        """Begin; `ready` waits until it serves. `behind`: as `… &` in a script, which ignores interrupts."""
        told = {
            "TONGLU_PORT": str(self.port),
            "TONGLU_STATE_DIR": str(self.state_dir),
            "TONGLU_ADMIN_PASSWORD": password or "",
            **self._environment,
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", "tonglu_local", what],
                stdout=log,
                stderr=log,
                env={**os.environ, **told},
                start_new_session=True,
                preexec_fn=_ignoring_interrupts if behind else None,  # noqa: PLW1509 - no threads here
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def said(self) -> str:
        """Everything printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def ready(self) -> None:
        """Wait until `/readyz` says so."""
        async with httpx.AsyncClient(base_url=self.base_url, trust_env=False) as http:
            await self.until(lambda: _is_ready(http), "it is ready")

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, seconds: float = START_SECONDS
    ) -> None:
        """Wait for something to become true while the launcher lives."""
        deadline = time.monotonic() + seconds
        while not await holds():
            assert self.process.poll() is None, f"ended before {what}:\n{self.said}"
            assert time.monotonic() < deadline, f"not in {seconds} s: {what}\n{self.said}"
            await asyncio.sleep(0.1)

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        return self._ended(signal.SIGINT)

    def kill(self) -> None:
        """As the kernel would when memory runs out."""
        self._ended(signal.SIGKILL)

    def end(self) -> None:
        """Whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _ended(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.process.wait(30)

    async def database(self, service: str) -> asyncpg.Connection:
        """A look behind the scenes: the service's database on the embedded server."""
        return await asyncpg.connect(self.database_url(service), timeout=10)

    def database_url(self, service: str) -> str:
        """Where that is."""
        folder = self.state_dir / "postgres"
        port = (folder / "data" / "postmaster.pid").read_text().splitlines()[3]
        password = (folder / "password").read_text()
        return f"postgresql://tonglu_admin:{password}@127.0.0.1:{port}/{service}"


def _ignoring_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """One that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def signed_in(
    launcher: Launcher, username: str = "admin", password: str = PASSWORD
) -> httpx.AsyncClient:
    """A client that speaks as this account; the caller closes it."""
    http = httpx.AsyncClient(base_url=launcher.base_url, trust_env=False, timeout=30)
    answer = await http.post("/v1/auth/token", data={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return http


async def made(http: httpx.AsyncClient, path: str, body: Any) -> Any:
    """What a POST has created."""
    answer = await http.post(path, json=body)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


async def read(http: httpx.AsyncClient, path: str, **query: Any) -> Any:
    """What a GET answers."""
    answer = await http.get(path, params=query)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


async def backlog(http: httpx.AsyncClient) -> int:
    """How many events wait to be told, in all services."""
    services = ("customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway")
    return sum([(await read(http, f"/v1/{service}/outbox"))["unpublished"] for service in services])
