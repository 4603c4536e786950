"""A policy is drafted, tried on everybody, looked at, published as simulated, and rolled back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from scoring_svc.facts.commands import add_orders
from scoring_svc.models.queries import Shelf
from scoring_svc.policies import queries as policies
from scoring_svc.publications import queries as publishing
from scoring_svc.publications.applying import apply
from scoring_svc.publications.commands import activate
from scoring_svc.runs.learning import learn_and_promote
from scoring_svc.scores.commands import rescore
from shared.auth import Principal
from shared.composition import Service
from shared.db import Scope
from shared.events.customer import ImportedOrder, OrderRecorded
from shared.references import CustomerRef
from shared.references import apply as keep
from shared.testing import service_client, staff

from .stories import order, registered, tell, until

Json = dict[str, Any]
_STRICT: Json = {"document": {"tiers": {"core_from": 95, "important_from": 90, "minimum_stay_weeks": 0}}}


async def made(client: httpx.AsyncClient, path: str, body: Json | None = None, status: int = 201) -> Json:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def ended(client: httpx.AsyncClient, operation: str) -> Json:
    async def final() -> Json | None:
        found = (await client.get(f"/v1/operations/{operation}")).json()
        return found if found["finished_at"] else None

    return dict(await until(final))


async def scores(client: httpx.AsyncClient) -> dict[str, Json]:
    found: dict[str, Json] = {}
    cursor = ""
    while True:
        page = (await client.get(f"/v1/scores?limit=200{cursor}")).json()
        found |= {row["customer_id"]: row for row in page["data"]}
        if not page["page"]["has_more"]:
            return found
        cursor = f"&cursor={page['page']['next_cursor']}"


async def simulated(client: httpx.AsyncClient, version: int) -> str:
    begun = await made(client, f"/v1/tier-policies/{version}/simulate", status=202)
    operation = await ended(client, begun["id"])
    assert operation["status"] == "succeeded", operation
    assert operation["result"]["simulation_id"] == begun["simulation_id"]
    return str(begun["simulation_id"])


async def placements(service: Service, simulation: str) -> dict[str, Json]:
    async with service.database.read() as reader:
        rows = await reader.rows(
            text("SELECT * FROM tier_placement WHERE simulation_id = :one").bindparams(one=UUID(simulation))
        )
    return {str(row["customer_id"]): dict(row) for row in rows}


async def quiet(service: Service) -> None:
    """Wait until nobody is due for a score any more."""

    async def empty() -> bool:
        async with service.database.read() as reader:
            return (await reader.value(text("SELECT count(*) FROM customer_due"))) == 0

    await until(empty)


@pytest.fixture
async def people(scoring: Service, manager: httpx.AsyncClient) -> AsyncIterator[list[UUID]]:
    """Forty customers of two salespeople, number n with orders of n * 100, all scored."""
    await until(lambda: _idle(scoring))
    await default_policy(scoring)
    owners = [uuid4(), uuid4()]
    customers = [uuid4() for _ in range(40)]
    async with scoring.database.begin() as tx:
        known = {"distributor_id": None, "org_unit_id": None, "status": "active", "channel": "shop"}
        refs = [
            CustomerRef(id=one, owner_id=owners[place % 2], merged_into=None, version=1, **known)
            for place, one in enumerate(customers, 1)
        ]
        await keep(tx, refs)
        told = [
            order(one, day, place * 100_00)
            for place, one in enumerate(customers, 1)
            for day in (20, 60, 100, 150 + place)
        ]
        await add_orders(tx, [ImportedOrder(**each) for each in told])
    shelf = Shelf()
    champion = await learn_and_promote(scoring.database, shelf)
    async with scoring.database.begin() as tx:
        await rescore(tx, customers, champion)
    yield customers
    await default_policy(scoring)


async def _idle(service: Service) -> bool:
    """Whether the run that follows a start is over; it would score these customers once more."""
    due = "kind LIKE 'scoring.%' AND (state = 'running' OR (state = 'queued' AND run_at <= now()))"
    asked = f"SELECT NOT EXISTS (SELECT FROM job WHERE {due})"
    async with service.database.read() as reader:
        return bool(await reader.value(text(asked)))


async def default_policy(service: Service) -> None:
    """Have version 1 alone decide, as on a new system."""
    async with service.database.begin() as tx:
        await tx.run(text("DELETE FROM tier_policy WHERE version > 1"))
        await tx.run(text("UPDATE tier_policy SET status = 'published', retired_at = NULL"))
        await tx.run(text("DELETE FROM tier_grids WHERE policy_version > 1"))


async def test_what_is_published_is_what_was_simulated_record_by_record(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    before = await scores(manager)
    draft = await made(manager, "/v1/tier-policies", _STRICT)
    simulation = await simulated(manager, draft["version"])
    assert await scores(manager) == before, "nobody feels a simulation"
    foreseen = await placements(scoring, simulation)
    assert foreseen.keys() == {str(customer) for customer in people}
    sums = (await manager.get(f"/v1/tier-simulations/{simulation}")).json()["summary"]
    cells = {(cell["from_tier"], cell["to_tier"]): cell["customers"] for cell in sums["matrix"]}
    assert sum(cells.values()) == len(people)
    moved = Counter((before[one]["tier"], row["to_tier"]) for one, row in foreseen.items())
    assert {pair: count for pair, count in cells.items() if count} == moved
    assert sums["moves"]["down"]["customers"] > 0

    begun = await made(
        manager, f"/v1/tier-policies/{draft['version']}/publish", {"simulation_id": simulation}, 202
    )
    operation = await ended(manager, begun["id"])
    assert operation["result"]["placed"] == len(people)
    after = await scores(manager)
    for customer, row in foreseen.items():
        score = after[customer]
        assert score["tier"] == row["to_tier"]
        assert score["contribution"] == row["contribution"]
        assert score["potential"] == row["potential"]
        assert score["negative_value"] == row["negative_value"]
        assert score["contributed_52"]["amount_minor"] == row["contributed_52_minor"]
        assert score["value_52"]["amount_minor"] == row["value_52_minor"]
        assert score["policy_version"] == draft["version"]
    versions = {
        row["version"]: row["status"] for row in (await manager.get("/v1/tier-policies")).json()["data"]
    }
    assert versions == {1: "retired", draft["version"]: "published"}
    await _told_of(scoring, draft["version"], foreseen)
    await _on_record(manager, draft["version"], {one: row for one, row in foreseen.items() if row["moved"]})
    await _scored_alike_by_events(scoring, manager, people[0], after)
    await _taken_back(scoring, manager, before)


async def _told_of(service: Service, version: int, foreseen: dict[str, Json]) -> None:
    async with service.database.read() as reader:
        rows = await reader.rows(text("SELECT type, payload FROM outbox ORDER BY aggregate_version"))
    published = [row["payload"] for row in rows if row["type"] == "policy.published.v1"]
    movers = {one for one, row in foreseen.items() if row["moved"]}
    assert published[-1]["data"]["policy_version"] == version
    assert published[-1]["data"]["moved"] == len(movers)
    told = {
        row["payload"]["subject"]: row["payload"]["data"]["to_tier"]
        for row in rows
        if row["type"] == "tier.changed.v1"
    }
    assert all(told[one] == foreseen[one]["to_tier"] for one in movers)


async def _on_record(client: httpx.AsyncClient, version: int, movers: dict[str, Json]) -> None:
    """Each move is a decision that comes out the same when it is made again."""
    for customer, row in movers.items():
        query = {"customer_id": customer, "kind": "tier"}
        found = (await client.get("/v1/decisions", params=query)).json()["data"]
        (decision,) = [each for each in found if each["policy_version"] == version]
        assert decision["decided"] == {"tier": row["to_tier"], "from_tier": row["from_tier"]}
        again = (await client.get(f"/v1/decisions/{decision['id']}/recomputation")).json()
        assert (again["equal"], again["same_code"], again["same_policy"]) == (True, True, True), again


async def _scored_alike_by_events(
    service: Service, client: httpx.AsyncClient, customer: UUID, after: dict[str, Json]
) -> None:
    """A score that an event makes ranks by the published policy's grids."""
    async with service.database.begin() as tx:
        await tx.run(text("UPDATE score SET next_review_at = now() - interval '1 hour'"))
    async with service.database.begin() as tx:
        tx.after_commit(service.database.signal("due").set)

    async def again() -> Json | None:
        found = (await client.get(f"/v1/scores/{customer}")).json()
        return found if found["scored_at"] > after[str(customer)]["scored_at"] else None

    found = await until(again)
    for name in ("tier", "policy_version"):
        assert found[name] == after[str(customer)][name]
    assert found["contribution"] == pytest.approx(after[str(customer)]["contribution"])


async def _taken_back(service: Service, client: httpx.AsyncClient, before: dict[str, Json]) -> None:
    begun = await made(client, "/v1/tier-policies/1/rollback", {"note": "too strict"}, 202)
    operation = await ended(client, begun["id"])
    assert operation["status"] == "succeeded", operation
    assert operation["result"]["copy_of"] == 1
    assert operation["result"]["moved"] > 0
    back = await placements(service, operation["result"]["simulation_id"])
    await _on_record(
        client, operation["result"]["version"], {one: row for one, row in back.items() if row["moved"]}
    )
    restored = (await client.get(f"/v1/tier-policies/{operation['result']['version']}")).json()
    assert (restored["status"], restored["copy_of"], restored["note"]) == ("published", 1, "too strict")
    assert restored["document"] == (await client.get("/v1/tier-policies/1")).json()["document"]
    assert {one: row["tier"] for one, row in (await scores(client)).items()} == {
        one: row["tier"] for one, row in before.items()
    }


async def test_movers_have_reasons_with_numbers_in_both_languages_and_only_those_in_sight(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    draft = await made(manager, "/v1/tier-policies", _STRICT)
    simulation = await simulated(manager, draft["version"])
    path = f"/v1/tier-simulations/{simulation}/movers"
    found = (await manager.get(f"{path}?limit=200&count=exact")).json()
    movers = found["data"]
    assert movers
    assert found["page"]["total"] == len(movers)
    assert all(row["reasons"] and row["from_tier"] != row["to_tier"] for row in movers)
    down = next(row for row in movers if row["from_tier"] == "core")
    said = {reason["code"]: reason["text"] for reason in down["reasons"]}
    assert f"{down['contribution']:.1f}" in said["contribution_fell"]
    assert "below the 93 that core takes" in said["contribution_fell"]
    zh = (await manager.get(f"{path}?limit=200", headers={"Accept-Language": "zh-CN"})).json()["data"]
    texts = [reason["text"] for row in zh for reason in row["reasons"]]
    assert any("低于核心门槛 93" in each for each in texts)
    only = (await manager.get(f"{path}?from_tier=core&direction=down&limit=200")).json()["data"]
    assert {row["from_tier"] for row in only} == {"core"}
    first = (await manager.get(f"{path}?limit=1")).json()
    second = (await manager.get(f"{path}?limit=1&cursor={first['page']['next_cursor']}")).json()
    assert first["data"][0]["customer_id"] != second["data"][0]["customer_id"]
    owner = UUID(down["owner_id"])
    seller = Principal("staff", owner, frozenset({"sales"}), scope=Scope(holders=frozenset({owner})))
    async with service_client(scoring, seller) as sales:
        own = (await sales.get(f"{path}?limit=200")).json()["data"]
        assert {row["owner_id"] for row in own} == {str(owner)}
        assert len(own) < len(movers)
        shown = (await sales.get(f"/v1/tier-simulations/{simulation}")).json()
        assert (shown["status"], shown["summary"]) == ("succeeded", None)
    loads = (await manager.get(f"/v1/tier-simulations/{simulation}")).json()["summary"]["owners"]
    assert sum(sum(each["then"].values()) for each in loads) == len(people)
    assert {str(owner)} < {each["owner_id"] for each in loads}


async def test_a_simulation_that_reality_or_the_draft_left_behind_publishes_nothing(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    draft = await made(manager, "/v1/tier-policies", _STRICT)
    path = f"/v1/tier-policies/{draft['version']}"
    first = await simulated(manager, draft["version"])
    moved = order(people[0], 1, 5_000_00)
    newcomer = uuid4()
    await tell(scoring, OrderRecorded(subject=moved["order_id"], version=1, **moved), registered(newcomer))
    await until(lambda: _scored(manager, newcomer))
    await quiet(scoring)
    refused = await made(manager, f"{path}/publish", {"simulation_id": first}, 409)
    assert refused["code"] == "data_moved"
    assert (refused["changed"], refused["new"], refused["gone"]) == (1, 1, 0)
    assert (refused["customers"], refused["tolerance"]) == (len(people), 0.01)

    changed = await manager.patch(
        path, json={"document": {"tiers": {"core_from": 96}}}, headers={"If-Match": '"v1"'}
    )
    assert changed.json()["document"]["tiers"]["core_from"] == 96
    assert changed.json()["document"]["tiers"]["important_from"] == 90, "a merge patch goes entry by entry"
    outdated = await made(manager, f"{path}/publish", {"simulation_id": first, "tolerance": 1}, 409)
    assert outdated["code"] == "simulation_outdated"
    unknown = await made(manager, f"{path}/publish", {"simulation_id": str(uuid4())}, 409)
    assert unknown["code"] == "simulation_unknown"
    second = await simulated(manager, draft["version"])
    await learn_and_promote(scoring.database, Shelf())
    assert (await made(manager, f"{path}/publish", {"simulation_id": second}, 409))["code"] == "model_changed"


async def _scored(client: httpx.AsyncClient, customer: UUID) -> bool:
    return (await client.get(f"/v1/scores/{customer}")).status_code == 200


async def test_whoever_changed_within_the_tolerance_is_scored_by_the_new_policy_instead(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    draft = await made(manager, "/v1/tier-policies", _STRICT)
    simulation = await simulated(manager, draft["version"])
    big = order(people[0], 0.01, 9_000_000_00)
    await tell(scoring, OrderRecorded(subject=big["order_id"], version=1, **big))
    await until(lambda: _tier(manager, people[0], "core"))
    body = {"simulation_id": simulation, "tolerance": 0.1}
    begun = await made(manager, f"/v1/tier-policies/{draft['version']}/publish", body, 202)
    result = (await ended(manager, begun["id"]))["result"]
    assert (result["scored_anew"], result["placed"]) == (1, len(people) - 1)
    await quiet(scoring)
    score = (await manager.get(f"/v1/scores/{people[0]}")).json()
    assert (score["policy_version"], score["tier"]) == (draft["version"], "core")


async def _tier(client: httpx.AsyncClient, customer: UUID, tier: str) -> Json | None:
    found = (await client.get(f"/v1/scores/{customer}")).json()
    return found if found.get("tier") == tier else None


async def test_of_two_publishers_one_wins_and_the_other_is_told(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    one = await made(manager, "/v1/tier-policies", _STRICT)
    other = await made(manager, "/v1/tier-policies", {"document": {"tiers": {"core_from": 90}}})
    bodies = {
        each["version"]: {"simulation_id": await simulated(manager, each["version"])} for each in (one, other)
    }
    answers = await asyncio.gather(
        *(manager.post(f"/v1/tier-policies/{version}/publish", json=body) for version, body in bodies.items())
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    loser = next(answer.json() for answer in answers if answer.status_code == 409)
    assert loser["code"] in {"policy_replaced", "publication_running"}
    winner = next(answer.json() for answer in answers if answer.status_code == 202)
    await ended(manager, winner["id"])
    again = await made(
        manager, f"/v1/tier-policies/{winner['version']}/publish", bodies[winner["version"]], 409
    )
    assert again["code"] == "policy_not_draft"
    published = (await manager.get("/v1/tier-policies?status=published")).json()["data"]
    assert [row["version"] for row in published] == [winner["version"]]


async def test_a_policy_for_later_waits_and_then_decides_by_itself(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    draft = await made(manager, "/v1/tier-policies", {**_STRICT, "effective_from": later})
    simulation = await simulated(manager, draft["version"])
    path = f"/v1/tier-policies/{draft['version']}"
    begun = await made(manager, f"{path}/publish", {"simulation_id": simulation}, 202)
    assert begun["id"] is None
    waiting = await manager.get(path)
    assert waiting.json()["status"] == "scheduled"
    taken_back = await manager.patch(
        path, json={"note": "wait"}, headers={"If-Match": waiting.headers["etag"]}
    )
    assert (taken_back.json()["status"], taken_back.json()["approved_by"]) == ("draft", None)
    await made(manager, f"{path}/publish", {"simulation_id": simulation}, 202)
    async with scoring.database.begin() as tx:
        await tx.run(text("UPDATE tier_policy SET effective_from = now() WHERE status = 'scheduled'"))
        await tx.run(text("UPDATE job SET run_at = now() WHERE kind = 'policies.tick'"))
        tx.after_commit(scoring.database.signal("jobs").set)

    async def applied() -> bool:
        found = (await manager.get(path)).json()
        assert found["refusal"] is None
        return found["status"] == "published" and found["applied_at"] is not None

    await until(applied)
    assert {row["policy_version"] for row in (await scores(manager)).values()} == {draft["version"]}


async def test_drafts_are_changed_with_if_match_and_removed_and_nothing_else_is(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    draft = await made(manager, "/v1/tier-policies", _STRICT)
    path = f"/v1/tier-policies/{draft['version']}"
    body = {"note": "收紧"}
    assert (await manager.patch(path, json=body)).status_code == 428
    assert (await manager.patch(path, json=body, headers={"If-Match": '"v9"'})).status_code == 412
    changed = await manager.patch(path, json=body, headers={"If-Match": '"v1"'})
    assert (changed.json()["note"], changed.headers["etag"]) == ("收紧", '"v2"')
    wrong = await manager.patch(
        path, json={"document": {"tiers": {"core_form": 1}}}, headers={"If-Match": "*"}
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/document/tiers/core_form")
    held = await manager.patch("/v1/tier-policies/1", json=body, headers={"If-Match": "*"})
    assert (held.status_code, held.json()["code"]) == (409, "policy_not_draft")
    assert (await manager.delete(path, headers={"If-Match": '"v1"'})).status_code == 412
    assert (await manager.delete(path, headers={"If-Match": '"v2"'})).status_code == 204
    assert (await manager.get(path)).status_code == 404
    assert (await made(manager, "/v1/tier-policies/1/rollback", {}, 409))["code"] == "policy_current"
    async with service_client(scoring, staff("sales")) as sales:
        assert (await sales.get("/v1/tier-policies")).status_code == 200
        assert (await sales.post("/v1/tier-policies", json=_STRICT)).status_code == 403


async def test_a_cancelled_simulation_stores_nothing_and_publishes_nothing(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    draft = await made(manager, "/v1/tier-policies", _STRICT)
    begun = await made(manager, f"/v1/tier-policies/{draft['version']}/simulate", status=202)
    await manager.post(f"/v1/operations/{begun['id']}/cancel")
    await ended(manager, begun["id"])
    found = (await manager.get(f"/v1/tier-simulations/{begun['simulation_id']}")).json()
    if found["status"] == "cancelled":
        body = {"simulation_id": begun["simulation_id"]}
        refused = await made(manager, f"/v1/tier-policies/{draft['version']}/publish", body, 409)
        assert refused["code"] == "simulation_unfinished"
        assert await placements(scoring, begun["simulation_id"]) == {}
    listed = (await manager.get(f"/v1/tier-policies/{draft['version']}/simulations")).json()["data"]
    assert [each["id"] for each in listed] == [begun["simulation_id"]]


_GENEROUS: Json = {"document": {"tiers": {"core_from": 40, "important_from": 30, "smallest_segment": 5}}}


async def published(client: httpx.AsyncClient, body: Json) -> Json:
    """What the operation says that publishes such a policy."""
    draft = await made(client, "/v1/tier-policies", body)
    simulation = await simulated(client, draft["version"])
    path = f"/v1/tier-policies/{draft['version']}/publish"
    begun = await made(client, path, {"simulation_id": simulation}, 202)
    return dict((await ended(client, begun["id"]))["result"])


async def test_a_rollback_takes_back_what_a_mistake_gave_though_nobody_falls_within_the_minimum_stay(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    before = {one: row["tier"] for one, row in (await scores(manager)).items()}
    assert (await published(manager, _GENEROUS))["moved"] > 0
    raised = {one: row["tier"] for one, row in (await scores(manager)).items()}
    assert raised != before
    strict = await published(manager, {"document": {"tiers": {"core_from": 97, "important_from": 94}}})
    assert strict["moved"] == 0, "they were raised today, and nobody falls within eight weeks"
    begun = await made(manager, "/v1/tier-policies/1/rollback", {}, 202)
    assert (await ended(manager, begun["id"]))["status"] == "succeeded"
    assert {one: row["tier"] for one, row in (await scores(manager)).items()} == before


async def test_a_publication_whose_work_was_lost_goes_on_where_it_stopped_and_twice_is_once(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    draft = await made(manager, "/v1/tier-policies", _GENEROUS)
    simulation = await simulated(manager, draft["version"])
    foreseen = await placements(scoring, simulation)
    half = sorted(people)[19]
    async with scoring.database.begin() as tx:
        policy = await policies.for_update(tx, draft["version"])
        found = await publishing.simulation(tx, UUID(simulation))
        await activate(tx, policy, found, by=None)
        await tx.run(text("UPDATE tier_policy SET applied_through = :half").bindparams(half=half))

    async def told(_done: int, _total: int) -> bool:
        return True

    versions = (apply(scoring.database, draft["version"], told) for _ in range(2))
    done = await asyncio.gather(*versions)
    assert sum(each.placed for each in done) == 20
    assert sum(each.moved for each in done) == sum(
        bool(row["moved"]) for one, row in foreseen.items() if UUID(one) > half
    )
    assert (await apply(scoring.database, draft["version"], told)).placed == 0
    path = f"/v1/tier-policies/{draft['version']}"
    assert (await manager.get(path)).json()["applied_at"] is not None


async def test_customers_are_ranked_within_their_segments(
    scoring: Service, manager: httpx.AsyncClient, people: list[UUID]
) -> None:
    poorer, richer = people[:20], people[20:]
    async with scoring.database.begin() as tx:
        for industry, region, some in (("tea", "310115", poorer), ("silk", "440100", richer)):
            for customer in some:
                await tx.connection.execute(
                    "INSERT INTO customer_profile (customer_id, kind, industry, region, version) "
                    "VALUES ($1, 'organisation', $2, $3, 1)",
                    *(customer, industry, region),
                )
    alone = {"tiers": {"segments": ["industry", "region"], "smallest_segment": 10, "minimum_stay_weeks": 0}}
    result = await published(manager, {"document": alone})
    sums = (await manager.get(f"/v1/tier-simulations/{result['simulation_id']}")).json()["summary"]
    assert [each["segment"] for each in sums["segments"]] == [
        "industry=silk|region=44",
        "industry=tea|region=31",
    ]
    movers = await placements(scoring, result["simulation_id"])
    await _on_record(manager, result["version"], {one: row for one, row in movers.items() if row["moved"]})
    found = await scores(manager)
    best = {max(some, key=lambda one: found[str(one)]["contribution"]) for some in (poorer, richer)}
    assert best == {poorer[-1], richer[-1]}
    assert all(found[str(one)]["tier"] == "core" for one in best)
    await tell(scoring, *_another_order(poorer[-1]))

    async def again() -> Json | None:
        score = (await manager.get(f"/v1/scores/{poorer[-1]}")).json()
        return score if score["features"]["orders_52"] == 5 else None

    assert (await until(again))["contribution"] > 90, "an event ranks it within its segment, too"


def _another_order(customer: UUID) -> list[OrderRecorded]:
    fields = order(customer, 1, 2_000_00)
    return [OrderRecorded(subject=fields["order_id"], version=1, **fields)]
