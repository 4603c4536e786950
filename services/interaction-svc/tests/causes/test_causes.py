"""The report of causes agrees with counting by hand, by every group, for everybody, as far as they see."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interaction_svc.complaint_causes.schemas import GroupBy
from shared.auth import Principal
from shared.db import Scope
from shared.testing import clean, partner

from .past import DISTRIBUTORS, END, OWNERS, SPAN, START, Past, group_of

GROUPS = get_args(GroupBy)
MADE_UP = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def read(world: Any, query: str = SPAN, who: Any = None) -> dict[str, Any]:
    answer = await world.get(f"/v1/complaints/causes?{query}", who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def roughly(value: Any) -> Any:
    """The same, compared as far as floats go."""
    if isinstance(value, dict):
        return {key: roughly(each) for key, each in value.items()}
    return pytest.approx(value) if isinstance(value, float) else value


def keyed(row: dict[str, Any], by: str) -> str | None:
    group: str | None = row["group"]
    return group.lower() if group is not None and by in {"cause", "product"} else group


def by_hand(past: Past, by: str, keep: Any = lambda _: True) -> dict[Any, tuple[list[Any], int]]:
    """The complaints of each group, and how many there were before."""
    now: dict[Any, list[Any]] = defaultdict(list)
    before: dict[Any, int] = defaultdict(int)
    for row in filter(keep, past.received()):
        now[group_of(row, by)].append(row)
    for row in filter(keep, past.received(START - (END - START), START)):
        before[group_of(row, by)] += 1
    return {group: (now[group], before[group]) for group in {*now, *before}}


def check(told: dict[str, Any], past: Past, by: str, most: int, keep: Any = lambda _: True) -> None:
    """The answer is what one counts; of groups that are as frequent as each other any may be told."""
    groups = by_hand(past, by, keep)
    whole = sum(len(rows) for rows, _ in groups.values())
    assert told["all"] == roughly(
        past.figures(
            [row for rows, _ in groups.values() for row in rows],
            sum(before for _, before in groups.values()),
            whole,
        )
    )
    for each in told["data"]:
        figures = {name: value for name, value in each.items() if name != "group"}
        assert figures == roughly(past.figures(*groups[keyed(each, by)], whole)), each["group"]
    frequent = sorted((len(rows) for rows, _ in groups.values() if rows), reverse=True)[:most]
    assert [each["count"] for each in told["data"]] == frequent
    rest = [groups[group] for group in groups.keys() - {keyed(each, by) for each in told["data"]}]
    others = past.figures([row for rows, _ in rest for row in rows], sum(before for _, before in rest), whole)
    assert told["others"] == (roughly(others) if rest else None)


@pytest.mark.parametrize("by", GROUPS)
async def test_figures_are_those_of_counting_by_hand(world: Any, by: str) -> None:
    past = Past(GROUPS.index(by))
    await past.write(world, 240)
    for most in (100, 2, 1):
        told = await read(world, f"{SPAN}&group_by={by}&most={most}")
        assert (told["from"], told["to"]) == ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
        assert told["group_by"] == by
        check(told, past, by, most)
    assert told["all"]["count"] > 60
    assert told["all"]["mean_rating"] is not None


@MADE_UP
@given(
    seed=st.integers(0, 2**32), wanted=st.integers(1, 40), by=st.sampled_from(GROUPS), most=st.integers(1, 5)
)
async def test_so_are_those_of_any_past(world: Any, seed: int, wanted: int, by: str, most: int) -> None:
    await clean(world.database)
    past = Past(seed)
    await past.write(world, wanted)
    check(await read(world, f"{SPAN}&group_by={by}&most={most}"), past, by, most)


async def test_what_is_asked_for_is_counted_alone(world: Any) -> None:
    past = Past(3)
    await past.write(world, 160)
    home = DISTRIBUTORS[0]
    for query, keep in (
        (f"distributor_id={home}", lambda row: row["distributor_id"] == home),
        ("category=delivery", lambda row: row["category"] == "delivery"),
        ("product=Pe-1", lambda row: row["product"] is not None),
        ("category=quality&product=PE-1", lambda row: row["category"] == "quality" and row["product"]),
    ):
        check(await read(world, f"{SPAN}&{query}"), past, "cause", 20, keep)
    nothing = await read(world, f"{SPAN}&category=weather")
    assert (nothing["all"]["count"], nothing["data"], nothing["others"]) == (0, [], None)


async def test_everybody_counts_what_they_see(world: Any) -> None:
    past = Past(4)
    await past.write(world, 160)
    home, owner = DISTRIBUTORS[1], OWNERS[0]
    assert home
    assert owner
    check(
        await read(world, SPAN, world.partner(home)),
        past,
        "cause",
        20,
        lambda row: row["distributor_id"] == home,
    )
    for others in (frozenset(), frozenset({uuid4()})):
        scope = Scope(holders=frozenset({owner}) | others)
        narrow = Principal("staff", owner, frozenset({"service"}), scope=scope)
        check(await read(world, SPAN, narrow), past, "cause", 20, lambda row: row["owner_id"] == owner)
    assert (await read(world, SPAN, world.partner(uuid4())))["all"]["count"] == 0
    for missing in ("complaints:read", "interactions:read"):
        answer = await world.get(f"/v1/complaints/causes?{SPAN}", partner(home, missing))
        assert answer.status_code == 403


async def test_of_nothing_there_are_no_figures(world: Any) -> None:
    told = await read(world)
    nothing = {"met": 0, "breached": 0, "share_met": None}
    assert told["all"] == {
        **dict.fromkeys(("count", "count_before", "open", "reopened", "ratings"), 0),
        **dict.fromkeys(("share", "change", "median_seconds", "p90_seconds", "mean_rating")),
        "first_answers": nothing,
        "resolutions": nothing,
    }
    assert (told["data"], told["others"]) == ([], None)


async def test_what_was_there_before_alone_stands_in_others(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    await world.do(complaint, "classify", cause="漏检")
    await world.sql("UPDATE complaint SET opened_at = $1", START - timedelta(days=3))
    told = await read(world)
    assert told["data"] == []
    assert (told["others"]["count"], told["others"]["count_before"], told["others"]["change"]) == (0, 1, -1)


async def test_a_course_through_the_api_is_counted(world: Any) -> None:
    customer = await world.customer()
    kept, again, duplicate, loose = [await world.complaint(customer) for _ in range(4)]
    for each in (kept, again):
        await world.do(each, "assign", owner_id=str(world.lin.id))
        await world.do(each, "classify", cause="  Carrier was late ")
        await world.do(each, "resolve", result="换货")
    await world.do(again, "reopen", reason="仍有裂纹")
    await world.do(duplicate, "merge", into_id=kept["id"])
    told = await read(world, "group_by=cause")
    late, unknown = told["data"]
    assert [late["group"], unknown["group"]] == ["Carrier was late", None]
    assert (late["count"], late["open"], late["reopened"]) == (2, 1, 1)
    assert late["resolutions"] == {"met": 1, "breached": 0, "share_met": 1}
    assert unknown["count"] == 1
    await world.do(duplicate, "unmerge", reason="另一件事")
    assert (await read(world, "group_by=cause"))["all"]["count"] == 4
    assert loose["status"] == "received"


async def test_a_text_is_called_as_most_spell_it(world: Any) -> None:
    customer = await world.customer()
    for product in ("pe-140", "PE-140", "PE-140"):
        await world.complaint(customer, product=product)
    (one,) = (await read(world, "group_by=product"))["data"]
    assert (one["group"], one["count"]) == ("PE-140", 3)


async def test_codes_are_told_apart_by_their_letters(world: Any) -> None:
    customer = await world.customer()
    for category in ("A", "a"):
        await world.complaint(customer, category=category)
    data = (await read(world, "group_by=category"))["data"]
    assert {each["group"] for each in data} == {"A", "a"}


async def test_days_are_those_of_whoever_asks(world: Any) -> None:
    """The first of March in Shanghai begins eight hours before that of UTC."""
    complaint = await world.complaint(await world.customer())
    at = datetime.fromisoformat("2026-02-28T16:30:00+00:00")
    await world.sql("UPDATE complaint SET opened_at = $1 WHERE id = $2", at, UUID(complaint["id"]))
    utc = "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z"
    shanghai = "from=2026-03-01T00:00:00%2B08:00&to=2026-03-02T00:00:00%2B08:00"
    for query, count in ((utc, 0), (shanghai, 1)):
        told = await read(world, query)
        assert (told["all"]["count"], told["all"]["count_before"]) == (count, 1 - count)
    assert told["from"] == "2026-02-28T16:00:00Z"


async def test_without_times_the_last_ninety_days_are_told(world: Any) -> None:
    told = await read(world, "")
    since, until = (datetime.fromisoformat(told[name]) for name in ("from", "to"))
    assert until - since == timedelta(days=90)
    assert told["group_by"] == "cause"


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z", "?to", "period_wrong"),
        ("from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z", "?to", "period_wrong"),
        ("from=2025-01-01T00:00:00Z&to=2026-01-03T00:00:00Z", "?to", "period_wrong"),
        ("from=2020-01-01T00:00:00Z", "?from", "period_wrong"),
        ("from=2999-01-01T00:00:00Z", "?from", "period_wrong"),
        ("most=0", "?most", "out_of_range"),
        ("most=101", "?most", "out_of_range"),
        ("group_by=weather", "?group_by", "not_a_choice"),
        ("distributor_id=x", "?distributor_id", "not_a_uuid"),
    ],
)
async def test_a_wrong_question_is_told_where_it_is_wrong(
    world: Any, query: str, pointer: str, code: str
) -> None:
    answer = await world.get(f"/v1/complaints/causes?{query}", **{"Accept-Language": "zh-CN"})
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert not error["message"].isascii()


async def test_the_longest_time_is_a_leap_year(world: Any) -> None:
    assert await read(world, "from=2024-01-01T00:00:00Z&to=2025-01-01T00:00:00Z")
