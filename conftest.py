"""Real servers for every member's tests: one PostgreSQL per session, one RabbitMQ where one can be had."""

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tools import broker
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import shared  # noqa: F401  first, or pytest takes the folder of that name for the package
from tonglu_local.postgres import EmbeddedPostgres, ServiceUrls

_SHARING = {"services": 2, "tests": 2, "shared": 3, "deploy": 2}
"""How many folders deep tests share servers and databases."""
_APART = "tests/e2e"
"""Each file there starts systems of its own, and they take long."""
_BETWEEN_COLLECTIONS = 60.0
_BY_ITSELF_NEVER = 1_000_000


class _ByFolder(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Tests that share servers and databases run in one of the parallel processes."""

    def _split_scope(self, nodeid: str) -> str:
        parts = nodeid.partition("::")[0].split("/")
        folder = "/".join(parts[:-1][: _SHARING[parts[0]]])
        return "/".join(parts) if folder == _APART else folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _ByFolder:
    """`--dist loadgroup` would do, but finds no group: xdist 3.8 names it where pytest 9.2 does not look."""
    return _ByFolder(config, log)


class _Collector:
    """Full collections between tests, and never in the middle of one.

    In a process that holds all services and their libraries one takes seconds, in which whatever waits for a
    connection gives up.
    """

    def __init__(self) -> None:
        self._last = time.monotonic()

    def pytest_collection_finish(self) -> None:
        """What is there now stays."""
        gc.collect()
        gc.freeze()
        _generations()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        if time.monotonic() - self._last > _BETWEEN_COLLECTIONS:
            gc.collect()
            _generations()
            self._last = time.monotonic()


def _generations() -> None:
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _BY_ITSELF_NEVER)


def pytest_configure(config: pytest.Config) -> None:
    """For each process that runs tests."""
    config.pluginmanager.register(_Collector())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """A server of this test session; unsafe and quick."""
    with (
        tempfile.TemporaryDirectory(prefix="tonglu-test-", ignore_cleanup_errors=True) as folder,
        EmbeddedPostgres(Path(folder), durable=False) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def service_database(postgres_server: EmbeddedPostgres) -> Callable[[str], ServiceUrls]:
    """`service_database("customer")` is the service's database and its two roles, without tables."""
    return postgres_server.ensure_service


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    """The address of a RabbitMQ; without one the tests that need it are skipped by name, but never in CI."""
    try:
        with broker.running() as url:
            yield url
    except broker.NoBrokerError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the RabbitMQ tests: {error}", pytrace=False)
        pytest.skip(f"needs RabbitMQ: {error}")
