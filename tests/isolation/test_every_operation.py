"""Every operation, asked by its owner and by strangers: what is foreign is what never was."""

from collections.abc import Mapping

import pytest
from tests.composed import Answer, Ask
from tests.fuzz.operations import NOT_BY_EXAMPLE, Operation
from tests.fuzz.world import ENDS_SESSION
from tests.isolation.findings import Findings
from tests.isolation.likeness import unlike
from tests.isolation.people import BY_LINK, Asker
from tests.isolation.probes import (
    Case,
    Place,
    Probe,
    filters,
    ghost_of,
    in_path,
    in_query,
    named,
    places,
    planted,
    record_of,
)
from tests.isolation.scene import House, Scene, Stranger
from tests.isolation.shop import Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NOT_ASKED: Mapping[str, str] = {
    "changeOwnPassword": "ends the asker's own session, and names no record",
    "publishTierPolicy": "whoever may publish does so for the company, and then no other simulation holds",
    "signOutEverywhere": "ends the asker's own session, and names no record",
}
"""What strangers who are signed in do not ask."""
CLAIMING = {"upsertCustomerByIdentity"}
"""Who names a foreign record or a ghost there makes one of its own."""
PERSONAL = {"import_id", "template_id", "export_id", "id", "item_id", "session_id", "view_id"} | {
    "reminder_id",
    "reminder_series_id",
}
"""Records that are shown to whom they belong to, and not to all who see the customer."""
OF_THE_ADMINISTRATOR = {"item_id", "session_id", "view_id"}
OF_PEOPLE = {"createVisitFeed"}
"""What a key has none of."""
NOBODYS_TO_SEE = {"warning_id"}
"""Of a customer that is not known there, so that only those see it who see whatever anybody holds."""
ONE_FOR_ALL = {"promoteModel", "rollBackModel", "setRecommendedAction", "resetRecommendedAction"}
"""What the company has one of (the champion, the table of actions): its managers change it for all."""
GOING_ON = {"redeliverWebhook"}
"""Whose record changes by itself: it is sent until it arrives."""
REGISTERS = tuple(
    f"/v1/{kind}"
    for kind in (
        "distributors",
        "org-units",
        "channels",
        "fields",
        "staff",
        "api-keys",
        "plans",
        "models",
        "tier-policies",
        "model-alarms",
    )
)
"""What all staff may see who have the permission."""
LEDGER = (
    *(
        f"/v1/customers/{{}}{part}"
        for part in ("", "/contacts", "/history", "/identities", "/orders", "/orders/summary", "/timeline")
    ),
    *(
        f"/v1/{kind}?customer_id={{}}"
        for kind in ("interactions", "complaints", "promises", "visits", "service-records", "orders")
    ),
    "/v1/visit-series?customer_id={}",
    "/v1/reminders?customer_id={}&source=manual",
    "/v1/reminder-series?customer_id={}",
)
"""All that people do with a customer; what the system adds by itself (scores, tasks) is not in it."""
SCORES = "/v1/scores/"
"""Made anew now and then, and changed by nobody."""
OK = range(200, 300)
LEAST_SHOWN = 40
"""So many operations tell the owner something that strangers may not know: there was something to hide."""


async def test_a_foreign_id_in_the_path_is_a_ghost(scene: Scene, findings: Findings) -> None:
    for operation in scene.operations:
        case = await scene.shop.case(operation)
        owner = owner_of(case, scene)
        if "distributor_id" in case.ids:
            await scene.shop.noticed(case.ids["distributor_id"])
        before = None if operation.id in ONE_FOR_ALL | GOING_ON else await _record(case, owner, scene)
        for stranger in scene.strangers:
            if operation.id not in NOT_ASKED:
                await _from_without(case, stranger, scene.shop, findings)
        await _refused(case, scene.nobody, findings)
        after = await _record(case, owner, scene)
        if before and after and (difference := unlike(before, after)):
            findings.note(operation, owner, f"after strangers asked it is another: {difference}")
        await _from_within(case, owner, scene, findings)
    findings.verdict()
    everybody = {stranger.asker.name for stranger in scene.strangers} | {scene.nobody.name}
    wanted = {(each.id, name) for each in scene.operations for name in everybody if each.id not in NOT_ASKED}
    assert wanted - findings.asked.keys() == set()
    assert sum(told > 0 for told in findings.shown.values()) >= LEAST_SHOWN


async def test_a_filter_by_a_foreign_id_finds_what_a_ghost_finds(scene: Scene, findings: Findings) -> None:
    before = await _ledger(scene.shop)
    for operation in scene.operations:
        for stranger in _those_who_may(operation, scene):
            own = await stranger.own.path(operation) if filters(operation) else {}
            for probe in in_query(operation, own, scene.shop.known):
                await _filtered(
                    operation, probe, stranger.asker, findings, found=stranger.asker.common.issuperset(own)
                )
    findings.verdict()
    assert await _ledger(scene.shop) == before


async def test_a_foreign_id_in_the_body_is_a_ghost(scene: Scene, findings: Findings) -> None:
    before = await _ledger(scene.shop)
    for operation in scene.operations:
        for stranger in _those_who_may(operation, scene):
            for place in places(operation):
                await _with_foreign(operation, place, stranger, scene.shop, findings)
    findings.verdict()
    assert await _ledger(scene.shop) == before


def owner_of(case: Case, scene: Scene) -> Asker:
    """The least of the owner's people who may do it."""
    if not OF_THE_ADMINISTRATOR.isdisjoint(case.ids):
        return scene.administrator
    key, holder = scene.house.key, scene.house.holder
    own = {"reminder_id", "reminder_series_id"} & case.ids.keys() or case.operation.id in OF_PEOPLE
    first = (holder,) if own else (key, holder)
    may = (each for each in first if case.operation.scopes and each.may(case.operation))
    return next(may, scene.administrator)


def _those_who_may(operation: Operation, scene: Scene) -> list[Stranger]:
    """Strangers to whom it is allowed, and who see only their own there."""
    return [
        each
        for each in scene.strangers
        if each.asker.may(operation) and not operation.public and not _register(operation, each.asker)
    ]


def _register(operation: Operation, asker: Asker) -> bool:
    return asker.of_the_company and operation.path.startswith(REGISTERS)


async def _from_without(case: Case, stranger: Stranger, shop: Shop, findings: Findings) -> None:
    """What somebody who is signed in is told of what is not theirs."""
    asker, operation = stranger.asker, case.operation
    if not asker.may(operation):
        await _refused(case, asker, findings)
    elif operation.id in CLAIMING:
        named = Case(operation, await shop.path(operation), await stranger.own.body(operation))
        for probe in in_path(named, asker.common):
            answer = await findings.compare(operation, asker, probe)
            findings.expect(operation, asker, answer, {201} if probe.place == "the path" else {422})
    elif probes := in_path(case, asker.common):
        for probe in probes:
            answer = await findings.compare(operation, asker, probe)
            findings.expect(operation, asker, answer, {404} if probe.place == "the path" else {404, 422})
    else:
        mine = shop if case.ids else stranger.own
        await findings.answer(operation, asker, await mine.request(operation))


async def _refused(case: Case, asker: Asker, findings: Findings) -> None:
    """Who may not ask is told so, whatever the ids are."""
    wanted = OK if case.operation.public else {403 if asker.signed_in else 401}
    if probes := in_path(case, BY_LINK):
        answer = await findings.compare(case.operation, asker, probes[0])
    else:
        answer = await findings.answer(case.operation, asker, case.request)
    if case.operation.id not in NOT_BY_EXAMPLE:
        findings.expect(case.operation, asker, answer, wanted)


async def _from_within(case: Case, owner: Asker, scene: Scene, findings: Findings) -> None:
    """The owner, and for a question all who see the customer, get what they ask for."""
    if case.operation.id in NOT_BY_EXAMPLE:
        return
    for each in _who_see(case, scene.house):
        answer = await findings.answer(case.operation, each, case.request, owner=True)
        findings.expect(case.operation, each, answer, OK)
    if case.operation.id in ENDS_SESSION:
        answer = await scene.shop.send(case.operation, case.request)
    else:
        answer = await findings.answer(case.operation, owner, case.request, owner=True)
    findings.expect(case.operation, owner, answer, OK)


def _who_see(case: Case, house: House) -> list[Asker]:
    """All of the owner's people to whom a question must be answered."""
    if case.operation.method != "GET" or not case.ids or not PERSONAL.isdisjoint(case.ids):
        return []
    see = (house.key, house.chief) if not NOBODYS_TO_SEE.isdisjoint(case.ids) else house.everybody
    return [each for each in see if each.may(case.operation)]


async def _record(case: Case, owner: Asker, scene: Scene) -> Answer | None:
    """The record that the path names, if it can be read by itself."""
    path = case.operation.path[: case.operation.path.rfind("}") + 1]
    reading = next((each for each in scene.operations if each.method == "GET" and each.path == path), None)
    return (
        None
        if reading is None or path.startswith(SCORES)
        else await owner.person.send(Case(reading, case.ids, None).request)
    )


async def _filtered(
    operation: Operation, probe: Probe, asker: Asker, findings: Findings, *, found: bool
) -> None:
    """A list is empty; in the path stands nothing, what everybody may see, or one's own, then not `found`."""
    if probe.record in asker.common:  # behind a partner firm stand customers of their own, too
        answer = await findings.answer(operation, asker, probe.foreign)
    else:
        answer = await findings.compare(operation, asker, probe)
    findings.expect(operation, asker, answer, {200} if found else {404})


async def _with_foreign(
    operation: Operation, place: Place, stranger: Stranger, shop: Shop, findings: Findings
) -> None:
    """A record of one's own, and in the body a name of somebody else's."""
    record = record_of(operation.path, named(place))
    if record is None or record in stranger.asker.common:
        return
    foreign = await shop.named(record)
    ghost = ghost_of(foreign)
    cases = [await stranger.own.case(operation) for _ in range(2)]
    there, nowhere = (
        Case(operation, case.ids, planted(case.body, place, value)).request
        for case, value in zip(cases, (foreign, ghost), strict=True)
    )
    said = f"the body's {'/'.join(map(str, place))}"
    probe = Probe(said, there, nowhere, frozenset((foreign, ghost)))
    await findings.compare(operation, stranger.asker, probe)


async def _ledger(shop: Shop) -> dict[str, object]:
    """All that the administrator reads of the shop's settled customer."""
    found: dict[str, object] = {}
    for each in LEDGER:
        path, _, query = each.format(shop.known["customer_id"]).partition("?")
        answer = await shop.admin.send(Ask("GET", path.encode(), query.encode()))
        assert answer.status == 200, each
        found[each] = answer.json()
    return found
