"""The server process: started on a leash, waited for, stopped; a killed predecessor is cleared first."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tonglu_local.postgres import leash
from tonglu_local.postgres.binaries import Binaries
from tonglu_local.postgres.errors import PostgresError
from tonglu_local.postgres.folder import CLEAN_ENVIRONMENT, ClusterFolder

START_SECONDS = 60.0
ESCALATION = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
PROC = Path("/proc/self")
ATTEMPTS = 3
LOG_BYTES = 5_000_000
STATUS_LINE = 7  # of postmaster.pid

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
UNSAFE_BUT_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServerProcess:
    """One running postmaster and the port it answers on."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, data: Path) -> None:
        self.port = port
        self.pid = process.pid
        self._process = process
        self._data = data

    def stop(self) -> None:
        """Disconnect everybody and write everything; harsher when that takes longer than it should."""
        for sign, patience in ESCALATION:
            with suppress(ProcessLookupError):
                self._process.send_signal(sign)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
                return


def start(
    folder: ClusterFolder, binaries: Binaries, *, durable: bool, settings: Mapping[str, str]
) -> ServerProcess:
    """A server that accepts connections; `folder` must be locked, so what still runs in it is an orphan."""
    clear_orphans(folder.data)
    _rotate(folder.log)
    for attempt in range(1, ATTEMPTS + 1):
        port = _free_port()  # another program may take it before the server does: hence the attempts
        process = _spawn(
            folder,
            binaries,
            {**SETTINGS, **({} if durable else UNSAFE_BUT_QUICK), **settings, "port": str(port)},
        )
        if _became_ready(process, folder.data):
            return ServerProcess(process, port, folder.data)
        if attempt < ATTEMPTS:
            clear_orphans(folder.data)
    raise PostgresError(f"PostgreSQL did not start; the end of {folder.log} says:\n{_tail(folder.log)}")


def _spawn(folder: ClusterFolder, binaries: Binaries, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    account = folder.account
    with folder.opened() as descriptor, folder.log.open("ab") as log:
        server = [binaries["postgres"], "-D", str(folder.seen_by(account, descriptor) / "data")]
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        lead = [
            sys.executable,
            "-I",
            "-S",
            leash.__file__,
            str(os.getpid()),
            str(account.uid),
            str(account.gid),
        ]
        return subprocess.Popen(  # noqa: S603 -- a program from a folder the operator chose
            [*lead, *server, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=CLEAN_ENVIRONMENT,
            pass_fds=[descriptor],
            start_new_session=True,  # Ctrl-C reaches the launcher only, which stops the server last
        )


def _became_ready(process: subprocess.Popen[bytes], data: Path) -> bool:
    """True once `postmaster.pid` says "ready" for this very process; False when the process ended."""
    pid_file = data / "postmaster.pid"

    def ready() -> bool:
        with suppress(OSError):
            lines = pid_file.read_text().splitlines()
            return (
                len(lines) > STATUS_LINE
                and lines[0] == str(process.pid)
                and lines[STATUS_LINE].strip() == "ready"
            )
        return False

    _wait_until(lambda: ready() or process.poll() is not None, START_SECONDS)
    if process.poll() is None and not ready():
        process.send_signal(signal.SIGQUIT)
        process.wait()
    return process.poll() is None


def clear_orphans(data: Path) -> None:
    """Let a predecessor's processes end, or end them; then its pid file means nothing and goes."""
    for sign, patience in ESCALATION:
        for pid in _processes_in(data):
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
        if _wait_until(lambda: not list(_processes_in(data)), patience):
            break
    if PROC.exists():  # without it nobody looked, and only the server itself can judge its pid file
        (data / "postmaster.pid").unlink(missing_ok=True)


def _processes_in(data: Path) -> Iterator[int]:
    """Server processes of this cluster: all of them work inside the data folder."""
    here = data.stat()
    for entry in PROC.parent.glob("[0-9]*"):
        with suppress(OSError):
            there = (entry / "cwd").stat()
            program = (entry / "comm").read_text().strip()
            if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino) and program.startswith("postgres"):
                yield int(entry.name)


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])
