"""Every operation, called as it should be: by those who may, those who may not, and those nobody knows."""

import re
from typing import Any
from uuid import uuid4

from tests.composed import Person, ask
from tests.fuzz.judge import Judge
from tests.fuzz.operations import METHODS, NOT_BY_EXAMPLE, Operation
from tests.fuzz.world import World

from shared.auth import Principal
from shared.auth.tokens import HEADER
from tonglu_local.system import System

HEALTH = {"/livez", "/readyz", "/version"}
OWN_DESK = {"reminders:write", "views:write"}
"""What even a reader may do, for it is theirs alone."""
TOO_LONG = "A" * 20_000
"""The edge reads no headers of this size, whatever they say."""


def test_no_operation_of_any_service_is_left_out(system: System, operations: list[Operation]) -> None:
    there = {
        (method.upper(), path)
        for service in system.services
        for path, item in service.app.openapi()["paths"].items()
        for method in METHODS
        if method in item and (service.name == "gateway" or path not in HEALTH)
    }
    assert {(each.method, each.path) for each in operations} == there
    assert len({each.id for each in operations}) == len(operations)


async def test_every_operation_answers_as_its_document_promises(
    world: World, operations: list[Operation], judge: Judge
) -> None:
    for each in operations:
        request = await world.request(each)
        judge.hear(each, request, await world.send(each, request))
    judge.verdict()
    wanted = {each.id for each in operations} - NOT_BY_EXAMPLE
    assert wanted - judge.reached == set(), judge.statuses


async def test_whoever_is_not_signed_in_is_told_to(
    world: World, nobody: Person, operations: list[Operation], judge: Judge
) -> None:
    for each in operations:
        request = await world.request(each)
        answer = await nobody.send(request)
        judge.hear(each, request, answer)
        if not each.public and answer.status != 401:
            judge.note(each, f"lets a stranger in with {answer.status}")
        if each.public and each.id != "signIn" and answer.status in {401, 403} and not each.media:
            judge.note(each, "is public and refuses strangers")
    judge.verdict()


async def test_a_broken_or_foreign_credential_is_no_credential(
    front: Any, operations: list[Operation], judge: Judge
) -> None:
    tokens = ("", "x", "a.b.c", "null", "\xff\xfe", "eyJhbGciOiJub25lIn0.e30.", "A" * 15_000, TOO_LONG)
    for each in operations:
        path = re.sub(r"\{\w+\}", "00000000-0000-7000-8000-000000000001", each.path)
        for token in tokens if each.path == "/v1/customers" else tokens[2:4]:
            answer = await Person(front, token)(each.method, path)
            if not each.public and answer.status != (431 if token == TOO_LONG else 401):
                judge.note(each, f"takes {token[:20]!r} for a credential: {answer.status}")
    judge.verdict()


async def test_who_lacks_the_permission_is_refused_before_anything_else(
    system: System, world: World, operations: list[Operation], judge: Judge
) -> None:
    check = next(each for each in system.services if each.name == "gateway").check  # type: ignore[attr-defined]
    stranger = Principal("partner", uuid4())
    for each in operations:
        if not each.scopes:
            continue
        request = await world.request(each)
        owners = [s for s in system.services if each.path in s.app.openapi()["paths"]]
        for service in owners:
            token = await check.token(stranger, service.name)
            answer = await ask(service.asgi, request.having((HEADER, token)))
            judge.hear(each, request, answer)
            if answer.status != 403:
                judge.note(each, f"lets somebody without {each.scopes} in with {answer.status}")
    judge.verdict()


async def test_a_reader_changes_nothing(
    world: World, analyst: Person, operations: list[Operation], judge: Judge
) -> None:
    for each in operations:
        if any(scope.split(":")[1] != "read" for scope in each.scopes if "inbox" not in scope):
            request = await world.request(each)
            answer = await analyst.send(request)
            judge.hear(each, request, answer)
            if answer.status != 403 and OWN_DESK.isdisjoint(each.scopes):
                judge.note(each, f"lets an analyst {each.scopes} with {answer.status}")
    judge.verdict()
