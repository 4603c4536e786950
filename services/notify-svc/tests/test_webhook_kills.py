"""Two workers send, one is killed again and again, the receiver fails at random: nothing is lost."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.testing.sink import Posted, answer, sink

from .hooking import hook, order, states, told, until

_WORKER = Path(__file__).with_name("sending_process.py")
_WEBHOOKS, _KILLS, _AT_ONCE, _LIFE_SECONDS = 3, 5, 10, 1.5


class Victim:
    """A worker that is killed when it has worked for a while, and replaced."""

    def __init__(self, url: str, place: str) -> None:
        self._where = (url, place)
        self.kills = 0
        self._start()

    def _start(self) -> None:
        command = [sys.executable, str(_WORKER), *self._where, "2"]
        self._process = subprocess.Popen(command)  # noqa: S603 - ourselves
        self._born = time.monotonic()

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def dies_when_old(self) -> None:
        if time.monotonic() - self._born > _LIFE_SECONDS:
            self.kill()
            self.kills += 1
            self._start()


@pytest.mark.slow
async def test_every_delivery_arrives_under_its_id_however_often_a_worker_is_killed(world: Any) -> None:
    chance = random.Random(7)

    async def reply(_: Posted, writer: asyncio.StreamWriter) -> None:
        fate = chance.random()
        await asyncio.sleep(0.03 + 0.03 * chance.random())
        if fate < 0.15:
            writer.write(answer(500))
        elif fate < 0.3:
            writer.close()  # after it was received: the sender cannot know
        else:
            writer.write(answer())

    async with sink(reply) as there:
        for _ in range(_WEBHOOKS):
            await hook(world, world.manager, there)
        steady, victim = (Victim(world.urls.app_url, there.place) for _ in range(2))
        made = 0
        try:

            async def all_delivered() -> bool:
                nonlocal made
                # What failed is due again at once and does not come to its end, so that hours need not pass.
                await world.sql(
                    "UPDATE webhook_delivery SET due_at = now(), tries = 1 WHERE state = 'waiting'"
                )
                if victim.kills < _KILLS:
                    await told(world, *(order() for _ in range(_AT_ONCE)))
                    made += _AT_ONCE * _WEBHOOKS
                    victim.dies_when_old()
                await asyncio.sleep(0.2)
                return victim.kills == _KILLS and await states(world) == {"delivered": made}

            await until(all_delivered, seconds=100)
        finally:
            steady.kill()
            victim.kill()
    rows = await world.sql("SELECT id, attempts FROM webhook_delivery")
    arrived = Counter(each.headers["webhook-id"] for each in there.seen)
    assert arrived.keys() == {f"msg_{row['id'].hex}" for row in rows}
    noted = await world.sql("SELECT delivery_id, count(*) AS n FROM webhook_attempt GROUP BY delivery_id")
    assert {row["delivery_id"]: row["n"] for row in noted} == {row["id"]: row["attempts"] for row in rows}
    assert sum(arrived.values()) > sum(row["attempts"] for row in rows), "no kill hit a message under way"
