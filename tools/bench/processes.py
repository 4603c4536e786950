"""Processes under measurement: started, waited for, weighed and stopped."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_READY = b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
_START_SECONDS = 240
_STOP_SECONDS = 40


class ChildError(RuntimeError):
    """A process under measurement ended or never became ready."""


class Child:
    """A Python module running as a process of its own that serves HTTP on `port`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log

    @property
    def cpu_seconds(self) -> float:
        """What this process has used so far, its children not counted."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    async def ready(self) -> None:
        """Wait until `/readyz` says 200; raises ChildError with what the process said last."""
        deadline = time.monotonic() + _START_SECONDS
        while not await asyncio.to_thread(_says_ready, self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self._log.read_text(errors="replace")[-2000:]
                raise ChildError(f"{' '.join(map(str, self.process.args))} did not start:\n{said}")  # type: ignore[arg-type]
            await asyncio.sleep(0.02)

    def stop(self) -> None:
        """Ask it to leave; end it when it does not."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def spawn(arguments: list[str], environment: Mapping[str, str], log: Path, *, port: int) -> Child:
    """Start `python -m …`; its output goes to the log file."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
        )
    return Child(process, port, log)


@asynccontextmanager
async def serving(
    arguments: list[str], environment: Mapping[str, str], log: Path, *, port: int
) -> AsyncIterator[Child]:
    """A process that is ready; in the end it is killed, as it holds nothing that anybody needs."""
    child = spawn(arguments, environment, log, port=port)
    try:
        await child.ready()
        yield child
    finally:
        child.process.kill()
        child.process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def weight(pid: int) -> tuple[float, float]:
    """MiB of a process and its descendants: resident (shared pages counted in each), and proportional."""
    resident = proportional = 0.0
    for each in _tree(pid):
        with suppress(OSError):
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name == "Rss":
                    resident += int(rest.split()[0]) / 1024
                elif name == "Pss":
                    proportional += int(rest.split()[0]) / 1024
    return resident, proportional


def _tree(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _says_ready(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.settimeout(2)
        connection.sendall(_READY)
        return connection.recv(64).startswith(b"HTTP/1.1 200")
    return False
