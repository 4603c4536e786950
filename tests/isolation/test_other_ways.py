"""What names foreign records in other ways than by ids: a file's rows, and the key of somebody's request."""

from uuid import uuid4

import pytest
from tests.composed import Answer, Ask
from tests.isolation.findings import Findings
from tests.isolation.likeness import unlike
from tests.isolation.probes import Probe, ghost_of, in_path
from tests.isolation.scene import Scene
from tests.isolation.shop import Shop

ROWS = {
    "customers": ("name,kind", "海纳,organisation"),
    "orders": ("order_no,channel,ordered_at,amount", "{number},wechat,2026-03-01T00:00:00Z,12.50"),
}
NAMING = [
    ("orders", "customer_id", "customer_id"),
    ("orders", "customer_code", "customer_code"),
    ("orders", "external_id", "external_id"),
    ("customers", "code", "customer_code"),
    ("customers", "distributor_code", "distributor_code"),
    ("customers", "owner_id", "owner_id"),
]
"""What a row is of, the column that names a record, and which."""


async def _told(own: Shop, entity: str, column: str, value: str) -> list[Answer]:
    """What an import of one row that names this says in the end, and its errors."""
    head, row = ROWS[entity]
    rows = f"{head},{column}\n{row.format(number=own.unique('SO'))},{value}\n"
    path = f"/v1/imports/{await own.import_({'entity': entity, 'file': rows})}"
    return [await own.beginner("GET", each) for each in (path, f"{path}/errors")]


@pytest.mark.parametrize(("entity", "column", "record"), NAMING)
async def test_an_import_does_not_tell_a_foreign_record_from_a_ghost(
    scene: Scene, entity: str, column: str, record: str
) -> None:
    own, shop = scene.strangers[0].own, scene.shop
    foreign = await shop.named(record)
    ghost = ghost_of(foreign)
    there = await _told(own, entity, column, foreign)
    nowhere = await _told(own, entity, column, ghost)
    for one, other in zip(there, nowhere, strict=True):
        assert one.status == 200
        assert unlike(one, other, frozenset((foreign, ghost))) is None
        assert shop.secrets.told(one, Ask("GET", foreign.encode())) == []


@pytest.mark.parametrize("kind", ["interactions", "complaints"])
async def test_what_a_channel_calls_a_customer_serves_those_who_see_it(scene: Scene, kind: str) -> None:
    said = {
        "interactions": {"direction": "inbound", "occurred_at": "2026-03-01T00:00:00Z", "summary": "prices"},
        "complaints": {"category": "delivery", "subject": "late"},
    }[kind]
    known = await scene.shop.named("external_id")
    bodies = [
        {**said, "channel": "chat", "identity": {"channel": "wechat", "external_id": each}}
        for each in (known, ghost_of(known))
    ]
    for owner in (scene.house.key, scene.house.holder):
        answers = [await owner.person("POST", f"/v1/{kind}", body) for body in bodies]
        assert [answer.status for answer in answers] == [201, 422]
    for stranger in scene.strangers:
        there, nowhere = [await stranger.asker.person("POST", f"/v1/{kind}", body) for body in bodies]
        assert there.status in {403, 422}
        assert unlike(there, nowhere, frozenset()) is None


async def test_the_key_of_somebodys_request_replays_nothing_to_others(
    scene: Scene, findings: Findings
) -> None:
    key, asked = scene.house.key, 0
    for operation in scene.operations:
        if operation.method != "POST" or not key.may(operation) or not operation.parameters["path"]:
            continue
        case = await scene.shop.case(operation)
        theirs, fresh = (("idempotency-key", str(uuid4())) for _ in range(2))
        if (await key.person.send(case.request.having(theirs))).status not in range(200, 300):
            continue
        for stranger in scene.strangers:
            if stranger.asker.may(operation) and in_path(case, stranger.asker.common):
                probe = Probe("the key", case.request.having(theirs), case.request.having(fresh))
                answer = await findings.compare(operation, stranger.asker, probe)
                findings.expect(operation, stranger.asker, answer, {404})
                asked += 1
    findings.verdict()
    assert asked >= 40
