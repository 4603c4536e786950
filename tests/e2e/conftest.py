"""Launchers of the end-to-end tests: one state folder, port and, on a broker, prefix for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from tests.e2e.launcher import Launcher

CONSUMERS = ("customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway")


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    """On the bus in its own process."""
    launcher = Launcher(tmp_path / "state")
    yield launcher
    launcher.end()


@pytest.fixture(params=["local bus", pytest.param("RabbitMQ", marks=pytest.mark.rabbit)])
async def on_each_bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Launcher]:
    """Once on the bus in its own process, once on RabbitMQ under names of its own."""
    environment = {}
    if request.param == "RabbitMQ":
        url: str = request.getfixturevalue("amqp_url")
        environment = {"TONGLU_AMQP_URL": url, "TONGLU_AMQP_PREFIX": f"e2e-{uuid4().hex[:12]}"}
    launcher = Launcher(tmp_path / "state", environment)
    yield launcher
    launcher.end()
    if environment:
        await _forget(environment["TONGLU_AMQP_URL"], environment["TONGLU_AMQP_PREFIX"])


async def _forget(url: str, prefix: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for name in (*CONSUMERS, "dead"):
            await channel.queue_delete(f"{prefix}.{name}")
        for name in ("events", "dead"):
            await channel.exchange_delete(f"{prefix}.{name}")
