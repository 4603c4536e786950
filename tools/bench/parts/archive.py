"""Searching and listing an archive of a million customers, over HTTP inside the process."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import islice
from random import Random
from typing import Any
from uuid import uuid4

import httpx
from tools.bench.figures import Goal, Line, number, percentile
from tools.bench.stage import Sizes, Stage

from customer_svc.app import build
from customer_svc.cleansing import pinyin
from customer_svc.customers.commands import register_many
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.settings import Settings
from shared.composition import Service
from shared.run import settled_heap
from shared.testing.clients import service_client, staff
from shared.testing.services import running

_AT_ONCE = 1000
_FILLING = 3
_ANALYSING = 120
_STORING = 60
_PAGE = 50
_FAR = 10_000
_STEP = 200
_OF_ONE = 200
_SEARCH = Goal(30, at_most=True)
_LISTED = Goal(25, at_most=True)
_WORST: dict[str, dict[str, Any]] = {
    "the worst": {},
    "a finding of most": {"code": "address_missing"},
    "a finding of one in 80,000": {"code": "phone_invalid"},
    "a finding of nobody": {"code": "region_contradicted"},
}
_PLACES = (
    "上海",
    "北京",
    "广州",
    "深圳",
    "杭州",
    "苏州",
    "南京",
    "成都",
    "重庆",
    "武汉",
    "西安",
    "天津",
    "青岛",
)
_TRADES = (
    "百货",
    "贸易",
    "科技",
    "食品",
    "服装",
    "建材",
    "物流",
    "电子",
    "医药",
    "餐饮",
    "机械",
    "化工",
    "文化",
)
_FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司", "商行", "经营部")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
_SIGNS = "海纳永辉华润绿地恒瑞鼎泰宏图金鹏天宇东方明珠长江黄河泰山昆仑星辰云帆瑞丰嘉禾德胜安康福源"
_LATIN = ("harbour", "lights", "north", "stars", "golden", "gates", "silver", "creek", "ocean", "river")


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """The 99th percentile in milliseconds, of one caller who asks one thing after another."""
    urls = await stage.database("archive", "customer_svc")
    async with running(build, Settings, urls, worker=False) as service:
        started = time.perf_counter()
        names = await _filled(service, stage.sizes.archive)
        rate = stage.sizes.archive / (time.perf_counter() - started)
        yield Line("customers with all they are found by, stored", [rate], unit="/s")
        settled_heap()
        for told, asked in _searches(names, stage.sizes.asked):
            yield await _timed(service, f"search: {told}", "/v1/customers/search", asked, _SEARCH)
        for told, asked in await _pages(service, stage.sizes):
            yield await _timed(service, f"list: {told}", "/v1/customers", asked, _LISTED)
        for told, worst in _WORST.items():
            asked = [worst] * stage.sizes.asked
            yield await _timed(service, f"worklist: {told}", "/v1/quality/worklist", asked, _LISTED)


async def _timed(service: Service, told: str, path: str, asked: Sequence[dict[str, Any]], goal: Goal) -> Line:
    times = []
    async with _manager(service) as client:
        for params in asked:
            started = time.perf_counter()
            (await client.get(path, params=params)).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    beside = f"p50 {number(percentile(times, 0.5))} ms"
    return Line(told, [percentile(times, 0.99)], unit="ms", beside=beside, goal=goal)


def _manager(service: Service) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """Somebody who may ask for a minute."""
    return service_client(service, staff("manager"))


def _searches(names: Sequence[CustomerCreate], times: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    chance = Random(2)  # noqa: S311 - which customers are looked for
    picked = [chance.choice(names) for _ in range(times)]
    firms = [each.name for each in picked if each.kind == "organisation" and not each.name.isascii()]
    pairs = [name[place : place + 2] for name in firms for place in [chance.randrange(len(name) - 1)]]
    yield "two Chinese characters", [{"q": pair} for pair in pairs]
    yield "one Chinese character", [{"q": pair[0]} for pair in pairs]
    yield "pinyin initials", [{"q": _initials(each)} for each in picked if not each.name.isascii()]
    yield "the end of a phone number", [{"q": each.phone[-4:]} for each in picked if each.phone]
    yield (
        "a Latin word with a slip",
        [{"q": f"{word[:-2]}{word[-1]}{word[-2]}"} for word in _LATIN],
    )


def _initials(customer: CustomerCreate) -> str:
    return pinyin.initials(customer.name, person=customer.kind == "person")[:4]


async def _pages(service: Service, sizes: Sizes) -> list[tuple[str, list[dict[str, Any]]]]:
    """Pages as they are asked for: the first ones, and those behind a cursor half a million rows away."""
    found: list[tuple[str, list[dict[str, Any]]]] = []
    far = max(1, min(_FAR * _PAGE, sizes.archive // 2) // _STEP)
    for sort in ("-created_at", "name"):
        asked: dict[str, Any] = {"sort": sort, "limit": _PAGE}
        found.append((f"the first page by {sort}", [asked] * sizes.asked))
        behind = {**asked, "cursor": await _cursor(service, {**asked, "limit": _STEP}, far)}
        found.append((f"page {far * _STEP // _PAGE:,} by {sort}", [behind] * sizes.asked))
    return found


async def _cursor(service: Service, asked: dict[str, Any], pages: int) -> str:
    """Where a list goes on behind so many pages."""
    step, left = dict(asked), pages
    while left > 0:
        async with _manager(service) as client:
            for _ in range(min(left, _OF_ONE)):
                answer = await client.get("/v1/customers", params=step)
                step["cursor"] = answer.raise_for_status().json()["page"]["next_cursor"]
        left -= _OF_ONE
    return str(step["cursor"])


async def _filled(service: Service, count: int) -> list[CustomerCreate]:
    """Some of the customers that are there now; several at once store them, so that both cores work."""
    kept: list[CustomerCreate] = []
    wanted = _customers(count)

    async def fill() -> None:
        while chunk := list(islice(wanted, _AT_ONCE)):
            kept.extend(chunk[:5])
            async with service.database.begin(timeout=_STORING, bulk=True) as tx:
                await register_many(tx, chunk, by=tx.new_id())

    await asyncio.gather(*(fill() for _ in range(_FILLING)))
    async with service.database.begin(timeout=_ANALYSING) as tx:
        await tx.connection.execute("ANALYZE")
    return kept


def _customers(count: int) -> Iterator[CustomerCreate]:
    chance = Random(1)  # noqa: S311 - invented customers
    for number_ in range(count):
        phone = f"+86138{chance.randrange(10**8):08}"
        fields: Any = {
            "code": f"K-{number_}",
            "phone": phone,
            "owner_id": uuid4() if number_ % 7 == 0 else None,
            # Said, because `model_construct` takes as long to make them as the customer takes to be stored.
            "tags": [],
            "preferences": {},
            "attributes": {},
        }
        kind = chance.choices(("firm", "person", "abroad"), (5, 4, 1))[0]
        if kind == "firm":
            sign = "".join(chance.choices(_SIGNS, k=chance.choice((2, 2, 3, 4))))
            name = f"{chance.choice(_PLACES)}{sign}{chance.choice(_TRADES)}{chance.choice(_FORMS)}"
            yield CustomerCreate.model_construct(name=name, kind="organisation", **fields)
        elif kind == "person":
            given = "".join(chance.choices(_SIGNS, k=chance.choice((1, 2, 2))))
            yield CustomerCreate.model_construct(
                name=f"{chance.choice(_SURNAMES)}{given}", kind="person", **fields
            )
        else:
            name = f"{' '.join(chance.choices(_LATIN, k=3)).title()} {chance.choice(('Ltd', 'Inc', 'LLC'))}"
            yield CustomerCreate.model_construct(name=name, kind="organisation", **fields)
