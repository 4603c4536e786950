"""Every field of every body, given what no caller should send."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.composed import Ask, Person
from tests.fuzz.judge import MARK, Judge
from tests.fuzz.maker import OK
from tests.fuzz.nasty import NO_MOMENTS, ODD_JSON, REFUSED_JSON, Sparing, places, schema_at, spoilt, without
from tests.fuzz.operations import JSON, Operation
from tests.fuzz.samples import MULTIPART, multipart
from tests.fuzz.world import World

BROKEN = (
    b"",
    b" ",
    b"{",
    b"[",
    b'{"a": 1,}',
    b"{'a': 1}",
    b'"text"',
    b"null",
    b"[]",
    b"[{}]",
    b"0",
    b"NaN",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'{"name": "\xff' + MARK.encode() + b'"}',
    b'{"' + MARK.encode() + b"\x00" + b'": 1}',
    b'{"\\ud800": 1}',
    b'{"name": "\xed\xa0\x80' + MARK.encode() + b'"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"a": 1} {"a": 2}',
    b"<xml/>",
)
MEDIA = ("text/plain", "application/xml", "application/x-www-form-urlencoded", MULTIPART, "", "a" * 300, "/")


@pytest.fixture(scope="session")
def with_json(operations: list[Operation]) -> list[Operation]:
    return [each for each in operations if each.media == JSON]


async def test_what_no_field_can_hold_is_refused_everywhere(
    world: World, with_json: list[Operation], judge: Judge
) -> None:
    sparing = Sparing()
    for each in with_json:
        request = await world.request(each)
        body = json.loads(request.body)
        for place in places(each, body):
            for raw in sparing.share(str(place[-1]), schema_at(each, place), REFUSED_JSON):
                wrong = request.saying(spoilt(body, place, raw))
                judge.hear(each, wrong, await world.send(each, wrong), refused=True)
    judge.verdict()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_odd_values_are_taken_or_refused_but_break_nothing(
    world: World, operations: list[Operation], with_json: list[Operation], judge: Judge
) -> None:
    sparing = Sparing()
    for each in with_json:
        request = await world.request(each)
        body = json.loads(request.body)
        for place in places(each, body):
            for raw in sparing.share(str(place[-1]), schema_at(each, place), ODD_JSON):
                wrong = request.saying(spoilt(body, place, raw))
                answer = await world.send(each, wrong)
                judge.hear(each, wrong, answer)
                if answer.status < 400 and each.parameters["path"] and each.method == "POST":
                    request = await world.request(each)
                    body = json.loads(request.body)
            judge.hear(each, request, await world.send(each, request.saying(without(body, place))))
    await whatever_was_taken_can_be_read(world, operations, judge)
    judge.verdict()


async def whatever_was_taken_can_be_read(world: World, operations: list[Operation], judge: Judge) -> None:
    """Every page of every list that needs no id."""
    for each in operations:
        if not each.path.endswith("}") and each.method == "GET" and not each.parameters["path"]:
            request = Ask(each.method, each.path.encode())
            paged = any(one["name"] == "cursor" for one in each.parameters["query"])
            cursor: str | None = ""
            while cursor is not None:
                page = replace(request, query=f"limit=200{cursor}".encode()) if paged else request
                answer = await world.send(each, page)
                judge.hear(each, page, answer)
                going_on = paged and answer.status == OK and answer.json()["page"]["next_cursor"]
                cursor = f"&cursor={going_on}" if going_on else None


async def test_a_moment_is_an_rfc_3339_text(world: World, with_json: list[Operation], judge: Judge) -> None:
    for each in with_json:
        request = await world.request(each)
        body = json.loads(request.body)
        for place in places(each, body):
            if schema_at(each, place).get("format") == "date-time":
                for raw in NO_MOMENTS:
                    wrong = request.saying(spoilt(body, place, raw))
                    judge.hear(each, wrong, await world.send(each, wrong), refused=True)
    judge.verdict()


async def test_an_unknown_field_is_refused_at_every_depth(
    world: World, with_json: list[Operation], judge: Judge
) -> None:
    for each in with_json:
        request = await world.request(each)
        body = json.loads(request.body)
        for place in [(), *places(each, body)]:
            inner: Any = body
            for step in place:
                inner = inner[step] if isinstance(step, int) else (inner or {}).get(step)
            if isinstance(inner, dict) and "properties" in schema_at(each, place):
                wrong = request.saying(spoilt(body, place, json.dumps({**inner, "no_such_field": MARK})))
                judge.hear(each, wrong, await world.send(each, wrong), refused=True)
    judge.verdict()


async def test_a_body_that_cannot_be_read_is_refused(
    world: World, operations: list[Operation], judge: Judge
) -> None:
    for each in operations:
        if each.media is None:
            continue
        request = await world.request(each)
        for body in BROKEN:  # as a form, each of them is the name of a field, which may be named
            wrong = request.saying(
                body if each.media == JSON else body.replace(MARK.encode(), b""), each.media
            )
            judge.hear(each, wrong, await world.send(each, wrong))
        for media in MEDIA:
            wrong = request.saying(request.body, media)
            judge.hear(each, wrong, await world.send(each, wrong))
    judge.verdict()


async def test_a_body_over_the_limit_is_refused(
    world: World, operations: list[Operation], judge: Judge
) -> None:
    large = json.dumps({"name": MARK * 130_000}).encode()
    for each in operations:
        if each.method == "GET" or each.media == MULTIPART:
            continue
        request = await world.request(each)
        sent = request.saying(large, each.media or JSON)
        for wrong in (sent, sent.having(("content-length", "10"))):
            answer = await world.send(each, wrong)
            judge.hear(each, wrong, answer)
            if each.media and answer.status != 413:
                judge.note(each, f"reads more than a MiB: {answer.status}")
    judge.verdict()


async def test_an_odd_import_is_refused(admin: Person, operations: list[Operation], judge: Judge) -> None:
    operation = next(each for each in operations if each.id == "startImport")
    request = Ask(operation.method, operation.path.encode())
    fields = {"entity": "customers", "file": "name,kind\nLi,person\n"}
    values = (
        "",
        MARK,
        "\x00" + MARK,
        "\ud800",
        "NaN",
        "[" * 5000,
        "{}",
        "null",
        "1e999",
        f'{{"{MARK}": "{MARK}"}}',
    )
    for name in ("entity", "mapping", "dry_run", "timezone", "no_such_field"):
        for value in values:
            wrong = request.saying(*multipart({**fields, name: value}))
            judge.hear(
                operation,
                wrong,
                await admin.send(wrong),
                refused=name != "mapping" or value not in {"null", ""},
            )
    for body in (
        b"",
        b"--\r\n",
        b"--b\r\n\r\n--b--\r\n",
        b"--b" * 100_000,
        b'--b\r\nContent-Disposition: form-data; name="file"',
    ):
        for media in (
            MULTIPART,
            f"{MULTIPART}; boundary=b",
            f"{MULTIPART}; boundary=",
            f"{MULTIPART}; boundary={'b' * 300}",
        ):
            wrong = request.saying(body, media)
            judge.hear(operation, wrong, await admin.send(wrong), refused=True)
    judge.verdict()
