"""Finding customers: filters, sorts, pages and names in Chinese and Latin."""

import pytest

NAMES = [
    "上海海纳百货有限公司",
    "北京东方超市",
    "海底捞",
    "Harbour Lights Ltd",
    "HARBOUR MASTER plc",
    "Ａｃｍｅ　国际",
    "100% Tea_House",
]


@pytest.fixture
async def archive(client):
    items = [{"name": name, "kind": "organisation", "code": f"N-{n}"} for n, name in enumerate(NAMES)]
    batch = await client.post("/v1/customers/batch", json={"items": items})
    assert {r["status"] for r in batch.json()["results"]} == {201}


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("海", ["上海海纳百货有限公司", "海底捞"]),
        ("海纳", ["上海海纳百货有限公司"]),
        ("海百", []),
        ("有限公司", ["上海海纳百货有限公司"]),
        ("harbour", ["HARBOUR MASTER plc", "Harbour Lights Ltd"]),
        ("arbo", ["HARBOUR MASTER plc", "Harbour Lights Ltd"]),
        ("light harb", ["Harbour Lights Ltd"]),
        ("ha", ["HARBOUR MASTER plc", "Harbour Lights Ltd"]),
        ("acme 国际", ["Ａｃｍｅ　国际"]),
        ("100%", ["100% Tea_House"]),
        ("tea_", ["100% Tea_House"]),
        ("%", []),
        ("nothing", []),
    ],
)
async def test_a_name_is_found_by_its_parts(client, archive, q, found):
    answer = await client.get("/v1/customers", params={"q": q})
    assert sorted(c["name"] for c in answer.json()["data"]) == sorted(found)


@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "-created_at", "-updated_at"])
async def test_every_sort_walks_through_all_pages(client, archive, sort):
    names, cursor = [], None
    for _ in range(4):
        params = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/customers", params=params)).json()
        names += [c["name"] for c in page["data"]]
        cursor = page["page"]["next_cursor"]
    assert cursor is None
    assert sorted(names) == sorted(NAMES)
    if sort == "name":
        assert names[:2] == ["100% Tea_House", "Ａｃｍｅ　国际"]


async def test_filters_narrow_the_list(client, customer):
    one = await customer(
        industry="零售", size="50-200", region="310000", channel="store", tags=["重点", "华东"], code="F-1"
    )
    await customer(kind="person", tags=["重点"])
    alone = {
        "kind": "organisation",
        "industry": "零售",
        "size": "50-200",
        "region": "310000",
        "channel": "store",
        "code": "F-1",
        "tags": ["重点", "华东"],
        "created_at[gte]": one["created_at"],
        "created_at[lt]": "2999-01-01T00:00:00Z",
        "updated_at[gte]": "2020-01-01T00:00:00Z",
    }
    found = (await client.get("/v1/customers", params={**alone, "count": "exact"})).json()
    assert [c["id"] for c in found["data"]] == [one["id"]]
    assert found["page"]["total"] == 1
    for name in ("industry", "size", "region", "channel", "code", "tags"):
        assert (await client.get("/v1/customers", params={name: "other"})).json()["data"] == []
    assert len((await client.get("/v1/customers", params={"tags": "重点"})).json()["data"]) == 2


async def test_a_cursor_belongs_to_its_sort_and_filters(client, archive):
    page = (await client.get("/v1/customers", params={"limit": 2})).json()
    cursor = page["page"]["next_cursor"]
    for other in ({"sort": "name"}, {"kind": "organisation"}, {"cursor": cursor[:-2]}, {"cursor": "x"}):
        refused = await client.get("/v1/customers", params={"limit": 2, "cursor": cursor, **other})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == "?cursor"
