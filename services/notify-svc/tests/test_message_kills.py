"""Workers are killed and paused while messages leave, and the mail server is away: nothing is lost."""

import asyncio
import random
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller

from notify_svc.messages import commands
from notify_svc.messages.domain import MessageRequest
from notify_svc.recipients.domain import Ref
from shared.clock import new_id
from shared.testing.talking import eventually

from .messaging import ADMIN, free_port

_WORKER = Path(__file__).with_name("messaging_process.py")
_MESSAGES, _SENDERS, _ENDS, _LEASE_SECONDS, _AWAY_SECONDS = 300, 3, 8, 1.0, 3.0
_MESSAGE_ID = re.compile(r"^Message-ID: <msg-([0-9a-f-]{36})@", re.MULTILINE)


class Server:
    """A mail server that is slow, refuses for a while, forgets to answer, and goes away."""

    def __init__(self, chance):
        self._chance = chance
        self._port = free_port()
        self.taken = []
        self.unanswered = 0
        self._start()

    @property
    def place(self):
        return f"127.0.0.1:{self._port}"

    @property
    def config(self):
        return {"host": "127.0.0.1", "port": self._port, "tls": "none", "from_address": "a@example.com"}

    def _start(self):
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        fate = self._chance.random()
        await asyncio.sleep(0.02 + 0.04 * self._chance.random())
        if fate < 0.08:
            return "451 later"
        self.taken.append((tuple(envelope.rcpt_tos), envelope.content.decode()))
        if fate < 0.16:
            self.unanswered += 1
            server.transport.abort()  # after it was taken: the sender cannot know
        return "250 queued"

    def stop(self):
        self._controller.stop()

    async def goes_away(self):
        await asyncio.to_thread(self.stop)
        await asyncio.sleep(_AWAY_SECONDS)
        self._start()


class Victim:
    """A worker that is killed, or paused for longer than its lease, when it has worked for a while."""

    def __init__(self, chance, *where):
        self._chance, self._where = chance, where
        self._start()

    def _start(self):
        command = [sys.executable, str(_WORKER), *self._where, str(_LEASE_SECONDS)]
        self._process = subprocess.Popen(command)  # noqa: S603 - ourselves
        self._until = time.monotonic() + 1.2 + self._chance.random()

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    async def dies_when_old(self):
        if time.monotonic() < self._until:
            return 0
        if self._chance.random() < 0.4:
            self._process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(1.5 * _LEASE_SECONDS)
            self._process.send_signal(signal.SIGCONT)
            self._until = time.monotonic() + 0.5
        else:
            self.kill()
            self._start()
        return 1


async def asked(world):
    """So many messages, each for another customer, spread over the senders."""
    senders = [row["id"] for row in await world.sql("SELECT id FROM message_sender")]
    customers = [new_id() for _ in range(_MESSAGES)]
    await world.sql(
        "INSERT INTO customer_ref (id, status, version, updated_at) "
        "SELECT id, 'active', 1, now() FROM unnest($1::uuid[]) AS id",
        customers,
    )
    wanted = [
        MessageRequest(
            purpose="service",
            channels=("email",),
            recipient=Ref("customer", customer),
            template="note",
            variables={"number": number},
            source="api",
            source_id=uuid4(),
            dedup_key=str(customer),
            customer_id=customer,
            sender_id=senders[number % len(senders)],
        )
        for number, customer in enumerate(customers)
    ]
    async with world.database.begin() as tx:
        return dict(zip(await commands.request(tx, wanted), customers, strict=True))


@pytest.mark.slow
async def test_every_message_arrives_under_its_id_however_often_workers_die_and_the_server_is_away(house):
    chance = random.Random(7)
    world, server = house.world, Server(chance)
    house.trust(server.place)
    for number in range(_SENDERS):
        body = {"name": f"mail {number}", "kind": "smtp", "config": server.config}
        assert (await world.post(ADMIN, "/v1/senders", body)).status_code == 201
    victims = [Victim(chance, world.urls.app_url, server.place) for _ in range(2)]
    ends = 0
    try:
        wanted = await asked(world)
        away = asyncio.create_task(server.goes_away())
        hastened = time.monotonic()

        async def all_sent():
            nonlocal ends, hastened
            if ends < _ENDS:
                ends += await victims[ends % 2].dies_when_old()
            if time.monotonic() - hastened > 1:  # so that hours need not pass
                hastened = time.monotonic()
                await world.sql("UPDATE message SET not_before = now() WHERE state = 'pending'")
                await world.sql("UPDATE message_sender_lane SET rest_until = NULL")
            states = await world.sql("SELECT DISTINCT state FROM message")
            return ends == _ENDS and [row["state"] for row in states] == ["sent"]

        await eventually(all_sent, seconds=90)
        await away
    finally:
        for victim in victims:
            victim.kill()
        await asyncio.to_thread(server.stop)
    arrived = defaultdict(set)
    for to, raw in server.taken:
        arrived[_MESSAGE_ID.search(raw)[1]].add(to)
    expected = {str(message_id): {(f"{customer}@example.com",)} for message_id, customer in wanted.items()}
    assert arrived == expected, "each under its id, the same one to the same address, however often"
    [noted] = await world.sql("SELECT count(*) FILTER (WHERE outcome = 'sent') AS n FROM message_attempt")
    assert noted["n"] == _MESSAGES, "each was noted as sent once"
    assert server.unanswered > 0
    assert len(server.taken) > _MESSAGES, "what nobody knows was sent again"
