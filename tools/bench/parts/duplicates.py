"""Duplicates: how many of those that are there are found, how many of those found are some, and how fast."""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
from tools.bench.doubles import Invented, invented
from tools.bench.figures import Goal, Line, number, percentile
from tools.bench.parts.raw import SEES_ALL
from tools.bench.stage import Stage

from customer_svc.app import build
from customer_svc.customers.commands import _INSERT as INSERT_CUSTOMER
from customer_svc.customers.keys import keys_key, keys_of
from customer_svc.customers.pieces import RULES
from customer_svc.customers.profiles import Profile
from customer_svc.customers.records import new_record
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.duplicates.jobs import MOST_IN_BLOCK
from customer_svc.duplicates.scoring import pairs
from customer_svc.settings import Settings
from shared.clock import new_id
from shared.composition import Service
from shared.db.connections import prepare_connection
from shared.run import settled_heap
from shared.sealing import Sealer
from shared.testing.clients import service_client, staff
from shared.testing.services import DATA_KEY, running

TUNED_ON, REPORTED_ON = 1, 2
"""Seeds of the sets: the weights know the first, the figures are of the second."""
_AT_ONCE = 1000
_CREATED, _CREATED_FROM = 300, 3
_REGISTERED = 201
_KEYED = f"INSERT INTO customer_piece (customer_id, rules, pieces, keys) VALUES ($1, {RULES}, '{{}}', $2)"
_PATIENCE = 1800
_KEY = bytes(32)
_PRECISION, _RECALL = Goal(98), Goal(95)
_KILOBYTES = 1024


class Quality(NamedTuple):
    """Of the pairs taken for one customer how many are, and of those that are how many were taken so."""

    precision: float
    recall: float


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """First what is found in a set of which it is known, then the time it takes in an archive of its size."""
    count = stage.sizes.doubles
    for levels, found in quality(list(invented(count, REPORTED_ON))).items():
        beside = f"of {number(count)}"
        goal = _PRECISION if levels == "likely" else None  # possible pairs are for people to look at
        yield Line(f"{levels}: precision", [100 * found.precision], "%", beside=beside, goal=goal)
        yield Line(f"{levels}: recall", [100 * found.recall], "%", beside=beside, goal=_RECALL)
    urls = await stage.database("duplicates", "customer_svc")
    await _fill(urls.app_url, stage.sizes.archive)
    async with running(build, Settings, urls) as started:
        settled_heap()
        yield await _creating(started)
        async for line in _searching(started, stage.sizes.archive):
            yield line


def quality(records: Sequence[Invented]) -> dict[str, Quality]:
    """Of `likely` pairs alone, and of both levels; all pairs that are of one customer count, found or not."""
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for one, other, _, level, _ in judged(records):
        found[level].add((one, other))
    truth = set(of_one_customer(records))
    return {
        "likely": _quality(found["likely"], truth),
        "likely and possible": _quality(found["likely"] | found["possible"], truth),
    }


def _quality(taken: set[tuple[int, int]], truth: set[tuple[int, int]]) -> Quality:
    right = len(taken & truth)
    return Quality(right / max(len(taken), 1), right / max(len(truth), 1))


def of_one_customer(records: Sequence[Invented]) -> Iterator[tuple[int, int]]:
    """The places of all pairs that are of one customer."""
    by_entity: dict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(records):
        by_entity[each.entity].append(place)
    for places in by_entity.values():
        yield from itertools.combinations(places, 2)


def judged(records: Sequence[Invented]) -> Iterator[Any]:
    """What a search of the archive would say of these records: by the same keys, blocks and weights."""
    keys = [keys_of(Profile.of(each.fields), None, _KEY).all() for each in records]
    blocks: dict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(keys):
        for key in each:
            blocks[key].append(place)
    oversize = {key for key, places in blocks.items() if len(places) > MOST_IN_BLOCK}
    worth = ((key, places) for key, places in blocks.items() if len(places) > 1 and key not in oversize)
    return pairs(worth, [each.fields for each in records], keys, oversize)


async def _fill(url: str, count: int) -> None:
    """Store invented customers with their keys; what a search box finds them by is left out."""
    connection = await asyncpg.connect(url, server_settings=SEES_ALL)
    await prepare_connection(connection)
    wanted, key = invented(count, REPORTED_ON), keys_key(Sealer(DATA_KEY))
    try:
        while chunk := list(itertools.islice(wanted, _AT_ONCE)):
            records = [_record(each.fields) for each in chunk]
            keyed = [(each["id"], keys_of(Profile.of(each), None, key).all()) for each in records]
            async with connection.transaction():
                rows = [INSERT_CUSTOMER.arguments(each) for each in records]
                await connection.executemany(INSERT_CUSTOMER.sql, rows)
                await connection.executemany(_KEYED, keyed)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    wanted = CustomerCreate.model_construct(**{**fields, "birthday": None})
    return {**new_record(wanted, new_id(), None, datetime.now(UTC)), "birthday": fields["birthday"]}


def _client(service: Service) -> httpx.AsyncClient:
    """For a minute: then its token has expired."""
    return service_client(service, staff("admin"))


async def _creating(service: Service) -> Line:
    """The same kind of customers with and without the check, in turn."""
    fresh = invented(2 * _CREATED, _CREATED_FROM)
    times: dict[bool, list[float]] = {True: [], False: []}
    for place, each in enumerate(fresh):
        unchecked = place % 2 == 0
        body = {name: value for name, value in each.fields.items() if value and name != "tax_number"}
        params = {"allow_duplicates": "true"} if unchecked else {}
        async with _client(service) as client:
            started = time.perf_counter()
            answer = await client.post("/v1/customers", json=body, params=params)
        if answer.status_code == _REGISTERED:
            times[unchecked].append((time.perf_counter() - started) * 1000)
    checked, plain = (percentile(times[unchecked], 0.5) for unchecked in (False, True))
    beside = f"{number(checked)} ms, without it {number(plain)} ms"
    return Line("the check adds to a create, p50", [checked - plain], " ms", beside, Goal(5, at_most=True))


async def _searching(service: Service, count: int) -> AsyncIterator[Line]:
    started, peak = time.perf_counter(), _Peak()
    async with _client(service) as client:
        operation = (await client.post("/v1/duplicates/search")).raise_for_status().headers["location"]
    told: dict[str, Any] = {"finished_at": None}
    async with asyncio.timeout(_PATIENCE):
        while told["finished_at"] is None:
            peak.look()
            await asyncio.sleep(0.1)
            async with _client(service) as client:
                told = (await client.get(operation)).raise_for_status().json()
    spent = time.perf_counter() - started
    if told["status"] != "succeeded":
        raise RuntimeError(f"the search ended otherwise than expected: {told}")
    found = told["result"]
    pairs_found = f"{number(found['likely'])} likely, {number(found['possible'])} possible"
    yield Line(f"{number(count)} customers searched", [spent], " s", pairs_found, Goal(600, at_most=True))
    yield Line("memory of worker and comparer", [peak.megabytes], " MB", goal=Goal(1024, at_most=True))


class _Peak:
    """The most memory that this process and its children had at once."""

    def __init__(self) -> None:
        self.megabytes = 0.0

    def look(self) -> None:
        """Look once more."""
        children = Path("/proc/self/task").glob("*/children")
        processes = ["self", *(child for each in children for child in each.read_text().split())]
        self.megabytes = max(self.megabytes, sum(map(_resident, processes)) / _KILOBYTES)


def _resident(process: str) -> int:
    """Kilobytes; none for a process that is gone, or of PostgreSQL."""
    with suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text()
        told = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if told["Name"].strip().startswith("python"):
            return int(told.get("VmRSS", "0 kB").split()[0])
    return 0
