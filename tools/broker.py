"""A RabbitMQ for tests and benchmarks: the one named, the one that answers, or one on a private port."""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DEFAULT_URL = "amqp://guest:guest@127.0.0.1:5672/"
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
INSTALL_SECONDS = 300
START_SECONDS = 90


class NoBrokerError(RuntimeError):
    """No broker can be had on this machine; the message says why."""


@contextmanager
def running() -> Iterator[str]:
    """The address of a broker that answers; a broker started for it ends with the block."""
    named = os.environ.get("TONGLU_TEST_AMQP_URL") or os.environ.get("AMQP_URL")
    if named:
        yield named
    elif _answers(5672):
        yield DEFAULT_URL
    else:
        with own() as url:
            yield url


@contextmanager
def own() -> Iterator[str]:
    """The address of a broker started for this block alone; raises NoBrokerError."""
    with _own_broker(_server_program()) as url:
        yield url


def _answers(port: int) -> bool:
    """True when something on this port speaks AMQP 0-9-1."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.settimeout(5)
        connection.sendall(PROTOCOL_HEADER)
        return connection.recv(1) == b"\x01"  # a method frame: connection.start
    return False


def _server_program() -> Path:
    """The real program, not Debian's wrapper, which knows only the system's broker."""
    if not _installed():
        _install()
    if found := _installed():
        return found
    raise NoBrokerError("rabbitmq-server is not installed; set AMQP_URL to a broker")


def _installed() -> Path | None:
    for place in sorted(Path("/usr/lib/rabbitmq").glob("lib/rabbitmq_server-*/sbin/rabbitmq-server")):
        return place
    found = shutil.which("rabbitmq-server")
    return Path(found) if found else None


def _install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoBrokerError("rabbitmq-server is not installed; set AMQP_URL, or install it")
    with _alone(), _no_services_started():
        for command in (["update"], ["install", "-y", "--no-install-recommends", "rabbitmq-server"]):
            answer = subprocess.run(
                ["apt-get", "-qq", *command],
                check=False,
                capture_output=True,
                text=True,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                timeout=INSTALL_SECONDS,
            )
    if answer.returncode != 0:
        raise NoBrokerError(f"apt-get could not install rabbitmq-server: {answer.stderr.strip()[-200:]}")


@contextmanager
def _alone() -> Iterator[None]:
    """Tests run in two processes; one installs, and the other finds it done."""
    with (Path(tempfile.gettempdir()) / "tonglu-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Debian asks this file before a package starts a service: the broker installed here is for us alone."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


@contextmanager
def _own_broker(program: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="tonglu-broker-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        log = Path(folder) / "output.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [program],
                env=_environment(Path(folder), port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _wait(process, port, log)
            yield f"amqp://guest:guest@127.0.0.1:{port}/"
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def _environment(folder: Path, port: int) -> dict[str, str]:
    """A node that shares nothing with another broker: name, cookie, ports, files."""
    (folder / "enabled_plugins").write_text("[].\n")
    (folder / "rabbitmq.conf").write_text("loopback_users.guest = true\nlog.console = true\n")
    cookie = folder / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(16))
    cookie.chmod(0o400)
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "RABBITMQ_NODENAME": f"tonglu{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(_free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
    }


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoBrokerError(f"a broker of our own did not start: {log.read_text()[-300:]}")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
