"""Interactions and complaints are found by what is written in them, in Chinese and in Latin letters."""

import re
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_svc.complaints import queries as complaints
from interaction_svc.complaints.schemas import ComplaintQuery
from interaction_svc.interactions import queries as interactions
from interaction_svc.interactions.schemas import InteractionQuery
from interaction_svc.search.domain import pieces_of, wanted, words_of
from interaction_svc.search.index import AT_ONCE
from shared.db import EVERYTHING, Reader, Scope
from shared.db.statements import compile_now
from shared.jobs import enqueue
from shared.testing import staff
from shared.testing.talking import eventually

PACKAGING = "回访三月到货情况；客户反映外包装有轻微破损，其余满意。"
PRICES = "Visit to our showroom: interested in the autumn range, wants prices for AB型 cartons. OK so far."
KEY = bytes(32)


async def found(world: Any, q: str, path: str = "/v1/interactions", **more: Any) -> list[str]:
    """The ids of what a search finds, newest first."""
    async with world.client(more.pop("who", None)) as client:
        answer = await client.get(path, params={"q": q, **more})
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["data"]]


@pytest.mark.parametrize(
    "q",
    [
        "破",
        "包装",
        "外包装有轻微破损",
        "包裝",
        "包装 满意",
        "满意　破损",
        "样品",
        "十日前發出樣品",
    ],
)
async def test_chinese_is_found_from_one_character_up(world: Any, q: str) -> None:
    customer = await world.customer()
    call = await world.interaction(customer, summary=PACKAGING, agreement="三月十日前发出样品。")
    await world.interaction(customer, summary="报价已发 prices sent")
    assert await found(world, q) == [call["id"]]


@pytest.mark.parametrize(
    "q",
    [
        "showroom",
        "SHOWROOM",
        "ｓｈｏｗｒｏｏｍ",
        "howro",
        "autumn range",
        "range autumn",
        "ab型",
        "型 cartons",
        "ok",
    ],
)
async def test_latin_words_full_width_and_mixed_ones_are_found(world: Any, q: str) -> None:
    customer = await world.customer()
    call = await world.interaction(customer, summary=PRICES)
    await world.interaction(customer, summary=PACKAGING)
    assert await found(world, q) == [call["id"]]


@pytest.mark.parametrize(
    "q", ["装包", "破满", "包装样", "showrooms", "autumnrange", "三月情况", "o", "50%", "a_b"]
)
async def test_what_does_not_stand_there_is_not_found(world: Any, q: str) -> None:
    customer = await world.customer()
    await world.interaction(customer, summary=PACKAGING)
    await world.interaction(customer, summary=PRICES)
    assert await found(world, q) == []


async def test_signs_of_patterns_are_letters_like_others(world: Any) -> None:
    customer = await world.customer()
    call = await world.interaction(customer, summary="折扣 50% off_season")
    await world.interaction(customer, summary="折扣 501 offxseason")
    assert await found(world, "50%") == [call["id"]]
    assert await found(world, "off_season") == [call["id"]]


@pytest.mark.parametrize("q", ["…", "!?", "。", "_"])
async def test_a_search_for_nothing_is_refused(world: Any, q: str) -> None:
    for path in ("/v1/interactions", "/v1/complaints"):
        async with world.client() as client:
            answer = await client.get(path, params={"q": q})
        assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_search")
        assert answer.json()["errors"][0]["pointer"] == "?q"
    assert (await world.get("/v1/interactions?q=")).status_code == 422


async def test_a_search_goes_with_other_filters_and_from_page_to_page(world: Any) -> None:
    customer, other = await world.customer(), await world.customer()
    expected = [
        (await world.interaction(customer, summary=f"包装 {days}", occurred_at=world.when(days=days)))["id"]
        for days in range(1, 8)
    ]
    await world.interaction(customer, summary="报价")
    elsewhere = await world.interaction(
        other, summary="包装", channel="email", occurred_at=world.when(days=9)
    )
    met, cursor = [], ""
    while cursor is not None:
        page = (await world.get(f"/v1/interactions?q=包装&limit=3&count=exact{cursor}")).json()
        assert page["page"]["total"] == 8
        met += [row["id"] for row in page["data"]]
        following = page["page"]["next_cursor"]
        cursor = following and f"&cursor={following}"
        if following:
            other_search = await world.get(f"/v1/interactions?q=报价&limit=3&cursor={following}")
            assert other_search.status_code == 400
    assert met == [*expected, elsewhere["id"]]
    assert await found(world, "包装", customer_id=customer, sort="occurred_at") == expected[::-1]
    assert await found(world, "包装", channel="email") == [elsewhere["id"]]


async def test_an_edit_changes_what_an_interaction_is_found_by(world: Any) -> None:
    call = await world.interaction(await world.customer(), summary=PACKAGING, agreement="寄样品")
    path = f"/v1/interactions/{call['id']}"
    await world.patch(path, {"agreement": "改寄目录"})
    assert await found(world, "样品") == []
    assert await found(world, "目录") == await found(world, "破损") == [call["id"]]
    await world.patch(path, {"agreement": None, "channel": "email"})
    assert await found(world, "目录") == []
    assert await found(world, "包装") == [call["id"]]


async def test_all_doors_lead_into_the_index(world: Any) -> None:
    customer = await world.customer()
    call = {"channel": "social", "direction": "inbound", "occurred_at": world.when(hours=1)}
    items = [{"customer_id": customer, **call, "summary": "朋友圈留言"}]
    (one,) = (await world.post("/v1/interactions/batch", {"items": items})).json()["results"]
    load = {"work_id": str(uuid4()), "step": 0, "dry_run": False}
    items = [{"customer_id": customer, **call, "channel": "sms", "summary": "短信提醒"}]
    loaded = (await world.post("/internal/interactions/load", {**load, "items": items})).json()
    assert await found(world, "朋友圈") == [one["id"]]
    assert await found(world, "短信") == [loaded["outcomes"][0]["id"]]


async def test_complaints_are_found_by_subject_and_description(world: Any) -> None:
    customer = await world.customer()
    one = await world.complaint(customer, subject="杯口有裂纹", description="一箱中有三件")
    old = {
        "channel": "call",
        "category": "delivery",
        "subject": "到货晚九天",
        "description": "Late by 9 days",
    }
    answer = await world.post("/v1/complaints/batch", {"items": [{"customer_id": customer, **old}]})
    two = answer.json()["results"][0]["id"]
    assert await found(world, "裂紋", "/v1/complaints") == [one["id"]]
    assert await found(world, "三件 杯口", "/v1/complaints") == [one["id"]]
    assert await found(world, "late", "/v1/complaints") == [two]
    assert await found(world, "晚", "/v1/complaints", category="delivery") == [two]
    assert await found(world, "晚", "/v1/complaints", category="quality") == []
    await world.do(one, "classify", category="delivery")
    assert await found(world, "裂纹", "/v1/complaints") == [one["id"]]


async def test_a_search_finds_nothing_out_of_sight(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    mine, foreign = [
        await world.interaction(await world.customer(whose), summary=PACKAGING) for whose in (ours, theirs)
    ]
    complaint = await world.complaint(await world.customer(theirs), subject="包装破损")
    assert await found(world, "包装", who=world.partner(ours)) == [mine["id"]]
    assert await found(world, "包装", who=world.partner(theirs)) == [foreign["id"]]
    assert await found(world, "包装", "/v1/complaints", who=world.partner(ours)) == []
    assert await found(world, "包装", "/v1/complaints") == [complaint["id"]]


async def test_what_a_row_is_found_by_tells_nothing_of_it(world: Any) -> None:
    await world.interaction(await world.customer(), summary="秘密价格")
    (row,) = await world.sql("SELECT * FROM interaction_piece")
    unkeyed = pieces_of(words_of(["秘密价格"]), KEY)
    assert not set(row["pieces"]) & set(unkeyed)
    async with world.database.read(Scope(frozenset({uuid4()}))) as reader:
        assert await reader.connection.fetch("SELECT words FROM interaction") == []


async def test_rows_from_before_are_read_by_the_worker(world: Any) -> None:
    customer = await world.customer()
    calls = [await world.interaction(customer, summary=PACKAGING) for _ in range(2)]
    complaint = await world.complaint(customer, subject="裂纹")
    await world.sql(
        f"""
        INSERT INTO interaction SELECT gen_random_uuid(), $1::text::uuid, NULL, 'call', 'inbound', now(),
        '[]', '很久以前 ' || n, NULL, '[]', gen_random_uuid(), 1, now(), now()
        FROM generate_series(1, {AT_ONCE + 5}) n
        """,
        customer,
    )
    for table in ("interaction", "complaint"):
        await world.sql(f"DELETE FROM {table}_piece")
        await world.sql(f"UPDATE {table} SET words = NULL")
    assert await found(world, "包装") == []
    async with world.database.begin() as tx:
        for kind in ("interactions.search", "complaints.search"):
            await enqueue(tx, kind, {})

    async def read() -> bool:
        counted = "SELECT count(*) AS n FROM {0} WHERE words IS NULL"
        return not sum([(await world.sql(counted.format(t)))[0]["n"] for t in ("interaction", "complaint")])

    await eventually(read)
    assert set(await found(world, "包装")) == {call["id"] for call in calls}
    assert await found(world, "裂纹", "/v1/complaints") == [complaint["id"]]
    page = (await world.get("/v1/interactions?q=以前&count=exact")).json()
    assert page["page"]["total"] == AT_ONCE + 5


class Planning(Reader):
    """A reader that notes the plan of each statement when looking through tables is no way."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.connection, reader.scope)
        self.plans: list[str] = []

    async def rows(self, statement: Any, **given: Any) -> Any:
        sql, arguments = compile_now(statement)
        plan = await self.connection.fetch(f"EXPLAIN (COSTS OFF) {sql}", *arguments)
        self.plans.append("\n".join(row[0] for row in plan))
        return await super().rows(statement, **given)


OURS = UUID(int=1)


@pytest.mark.parametrize("scope", [EVERYTHING, Scope(frozenset({OURS}))])
@pytest.mark.parametrize("q", ["破", "包装", "carton", "ok"])
async def test_a_search_uses_its_index_whoever_asks(world: Any, q: str, scope: Scope) -> None:
    await crowd(world)
    async with world.database.begin(scope) as tx:
        await tx.connection.execute("SET LOCAL enable_seqscan = off")
        spy = Planning(tx)
        calls = await interactions.interactions(spy, InteractionQuery(q=q), world.service.sealer)
        cases = await complaints.complaints(
            spy, ComplaintQuery(q=q), world.service.sealer, now=world.database.now()
        )
    assert (len(calls["data"]), len(cases["data"])) == (1, 1)
    for table, plan in zip(("interaction", "complaint"), spy.plans, strict=True):
        assert re.search(rf"Bitmap Index Scan on {table}_piece_pieces", plan), plan
        assert f"Seq Scan on {table}" not in plan


async def crowd(world: Any) -> None:
    """Thousands of others, so that looking at one after another is no way."""
    customer = await world.customer(OURS)
    call = await world.interaction(customer, summary=f"{PACKAGING} {PRICES}")
    complaint = await world.complaint(customer, subject=PACKAGING, description=PRICES)
    for table, one in (("interaction", call), ("complaint", complaint)):
        (row,) = await world.sql(f"SELECT * FROM {table} WHERE id = $1", UUID(one["id"]))
        own = {"id": "gen_random_uuid()", "number": "'N-' || n", "words": "'others ' || n"}
        columns = list(row.keys())
        values = ", ".join(own.get(name, name) for name in columns)
        await world.sql(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, "
            "generate_series(1, 4000) n"
        )
        await world.sql(
            f"INSERT INTO {table}_piece SELECT id, ARRAY(SELECT (random() * 1e9)::int FROM "
            f"generate_series(1, 9) WHERE id IS NOT NULL) FROM {table} ON CONFLICT DO NOTHING"
        )
    owner = await asyncpg.connect(world.urls.owner_url)
    try:
        await owner.execute("VACUUM ANALYZE interaction, interaction_piece, complaint, complaint_piece")
    finally:
        await owner.close()


TEXTS = st.text(st.sampled_from("包装破损样品三月ab型 c9。Ｚ\n"), min_size=1, max_size=40)


@given(TEXTS, st.integers(0, 39), st.integers(1, 12))
def test_every_part_of_a_text_is_looked_up_by_pieces_that_it_has(text: str, start: int, length: int) -> None:
    """But runs of one or two letters, which are found as whole words."""
    words = words_of([text])
    part = words[start : start + length]
    if not re.search(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]{3}", part):
        return
    pieces, texts = wanted(part, KEY)
    assert set(pieces) <= set(pieces_of(words, KEY))
    assert all(each in words for each in texts)


async def test_somebody_who_may_not_read_finds_nothing(world: Any) -> None:
    assert (await world.get("/v1/interactions?q=包装", staff())).status_code == 403
