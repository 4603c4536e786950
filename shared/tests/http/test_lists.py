"""Lists are paged by a cursor that belongs to one list, sort and filter."""

import httpx


async def _fill(client: httpx.AsyncClient, count: int) -> list[str]:
    return [
        (await client.post("/v1/things", json={"name": f"n{number % 2}"})).json()["id"]
        for number in range(count)
    ]


async def test_walking_the_pages_meets_every_row_once(manager: httpx.AsyncClient) -> None:
    made = await _fill(manager, 7)
    seen: list[str] = []
    path = "/v1/things?limit=3"
    while True:
        page = (await manager.get(path)).json()
        seen += [item["id"] for item in page["data"]]
        if not page["page"]["has_more"]:
            assert page["page"]["next_cursor"] is None
            break
        path = f"/v1/things?limit=3&cursor={page['page']['next_cursor']}"
    assert seen == made[::-1]


async def test_a_cursor_of_other_filters_or_another_sort_is_refused(manager: httpx.AsyncClient) -> None:
    await _fill(manager, 3)
    cursor = (await manager.get("/v1/things?limit=1")).json()["page"]["next_cursor"]
    for other in ("name=n1", "sort=created_at"):
        answer = await manager.get(f"/v1/things?limit=1&{other}&cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def test_the_total_is_counted_only_when_asked(manager: httpx.AsyncClient) -> None:
    await _fill(manager, 5)
    plain = (await manager.get("/v1/things?limit=2")).json()["page"]
    counted = (await manager.get("/v1/things?limit=2&count=exact&name=n1")).json()["page"]
    assert plain["total"] is None if "total" in plain else True
    assert counted["total"] == 2
