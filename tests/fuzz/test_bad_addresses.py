"""Every parameter of every address, every header, given what no caller should send."""

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from tests.composed import Ask, Person
from tests.fuzz.judge import MARK, Judge, refusal
from tests.fuzz.nasty import NO_MOMENTS, NOBODY, ODD_TEXTS, Sparing, odd_queries
from tests.fuzz.operations import Operation
from tests.fuzz.world import ENDS_SESSION, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
METHODS = ("HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "X" * 40)


async def test_odd_parts_of_a_path_break_nothing(
    world: World, operations: list[Operation], judge: Judge
) -> None:
    someone = await world.staff()  # not the one that asks, whom some operation would sign out
    others = [each.encode() for each in (world.kept["scored"], someone, world.kept["model_id"])]
    sparing = Sparing()
    for each in operations:
        request = await world.request(each)
        values = await world.path(each)
        for name in values:
            template = each.path
            for other, value in values.items():
                if other != name:
                    template = template.replace(f"{{{other}}}", quote(value, safe=""))
            before, after = template.split(f"{{{name}}}")
            for text in (*sparing.share(name, {}, ODD_TEXTS), *others):
                wrong = replace(request, path=before.encode() + text + after.encode())
                answer = await world.send(each, wrong)
                if answer.status >= 400 or text in others:
                    hear_elsewhere(judge, each, wrong, answer)
    judge.verdict()


def hear_elsewhere(judge: Judge, operation: Operation, request: Ask, answer: object) -> None:
    """Some texts lead to another operation or to nowhere: then its statuses are not this one's."""
    from tests.composed import Answer  # noqa: PLC0415

    assert isinstance(answer, Answer)
    judge.statuses[answer.status] += 1
    found = [f"failed with {answer.status}"] if answer.status >= 500 else []
    if 400 <= answer.status < 500:
        found += list(refusal(answer))
    judge.findings += [f"{operation.id}: {each} · {request} → {answer.status}" for each in found]


async def test_odd_parameters_of_a_query_break_nothing(
    world: World, operations: list[Operation], judge: Judge
) -> None:
    sparing = Sparing()
    for each in operations:
        if not each.parameters["query"]:
            continue
        request = await world.request(each)
        for parameter in each.parameters["query"]:
            odd = list(odd_queries(parameter["name"]))
            for query in sparing.share(parameter["name"], parameter["schema"], odd):
                wrong = replace(request, query=query)
                judge.hear(each, wrong, await world.send(each, wrong))
            if each.resolved(parameter["schema"]).get("format") == "date-time":
                for text in NO_MOMENTS:
                    key = quote(parameter["name"]).encode()
                    wrong = replace(request, query=key + b"=" + text.strip('"').encode())
                    judge.hear(each, wrong, await world.send(each, wrong), refused=True)
    judge.verdict()


async def test_an_unknown_parameter_is_named_and_refused(
    world: World, operations: list[Operation], judge: Judge
) -> None:
    for each in operations:
        request = await world.request(each)
        for query in (b"no_such_thing=" + MARK.encode(), b"%00", b"&&&=", b"limit%00=1", b"\xff=1"):
            wrong = replace(request, query=query)
            judge.hear(
                each,
                wrong,
                await world.send(each, wrong),
                refused=each.id != "getReadiness" and query != b"&&&=",
            )
    judge.verdict()


async def test_a_cursor_opens_only_the_list_that_it_belongs_to(
    world: World, admin: Person, operations: list[Operation], judge: Judge
) -> None:
    await world.customer()
    await world.customer()
    page = (await admin("GET", "/v1/customers", limit=1)).json()["page"]
    foreign = page["next_cursor"]
    assert foreign
    for each in operations:
        if not any(parameter["name"] == "cursor" for parameter in each.parameters["query"]):
            continue
        request = await world.request(each)
        bad = [foreign[:-1], foreign + "A", foreign[::-1], "AAAA", "%00", "A" * 1999]
        if each.id != "listCustomers":
            bad.append(foreign)
        for cursor in bad:
            wrong = replace(request, query=f"cursor={cursor}".encode())
            judge.hear(each, wrong, await world.send(each, wrong), refused=True)
        wrong = replace(request, query=f"sort=no_such_column&cursor={foreign}".encode())
        judge.hear(each, wrong, await world.send(each, wrong), refused=True)
    judge.verdict()


async def test_odd_headers_break_nothing(world: World, operations: list[Operation], judge: Judge) -> None:
    odd = (
        "",
        " ",
        "\xff" + MARK,
        '"',
        'W/"v1"',
        '"v0"',
        '"v999999999999999999"',
        '"v-1"',
        MARK * 200,
        '"v1", "v2"',
    )
    ours = {"if-match": odd, "idempotency-key": ("", "\xff", "\x01" + MARK, MARK * 60, " ")}
    common = {
        "accept-language": ("\xff", "zh;q=nan,en;q=x", ";q=,;=;", "a" * 5000, "zh;q=1e999"),
        "x-request-id": ("\xff" + MARK, "a\nb", "A" * 5000, ""),
        "traceparent": ("\xff", "00-0-0-0", "x" * 5000),
        "last-event-id": ("\xff", MARK, "-1", "9" * 400, NOBODY, "NaN"),
        "accept": ("\xff", "image/png"),
        "x-internal-token": (MARK, "a.b.c"),
        "content-length": ("-1", "x"),
        "range": ("bytes=0-1",),
    }
    shown = {"createCustomer", "listInteractions", "listScores", "streamInbox", "getMe", "getCustomerProfile"}
    for each in operations:
        request = await world.request(each)
        names = {parameter["name"].lower() for parameter in each.parameters["header"]}
        for name, values in {**ours, **(common if each.id in shown else {})}.items():
            if name in ours and name not in names:
                continue
            for value in values:
                wrong = request.having((name, value))
                answer = await world.send(each, wrong)
                judge.hear(each, wrong, answer)
                if answer.status < 300 and each.parameters["path"] and each.method in {"POST", "DELETE"}:
                    request = await world.request(each)
                if 200 <= answer.status < 300 and name == "idempotency-key" and value != " ":
                    judge.note(each, f"takes {value!r} for a key")
    judge.verdict()


async def test_other_methods_are_refused_or_harmless(
    world: World, admin: Person, operations: list[Operation], judge: Judge
) -> None:
    for path in sorted({each.path for each in operations if each.id not in ENDS_SESSION}):
        of_path = [each for each in operations if each.path == path]
        leads = {
            each.method for each in operations if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each.path), path)
        }
        request = await world.request(of_path[0])
        for method in (*METHODS, *{"GET", "PUT", "POST", "PATCH", "DELETE"} - leads):
            wrong = replace(request, method=method)
            answer = await admin.send(wrong)
            judge.statuses[answer.status] += 1
            if answer.status >= 500 or (method not in {"HEAD", "OPTIONS"} and answer.status != 405):
                judge.note(of_path[0], f"{method} → {answer.status}")
            if answer.status >= 400 and method != "HEAD":
                judge.findings += [f"{path}: {method} {each}" for each in refusal(answer)]
    judge.verdict()


async def test_an_address_that_is_nowhere_is_a_problem(admin: Person, nobody: Person, judge: Judge) -> None:
    paths = (
        b"/", b"//", b"/v1", b"/v1/", b"/v1/customers/", b"//v1/customers", b"/v1//customers",
        b"/v1/%2e%2e/customers",
        b"/v1/customers%00", b"/v1/customers%2f", b"/v1/%ff", b"/%ff%fe", b"/" + b"a/" * 4000,
        b"/v1/" + MARK.encode(),
        b"*", b"/../../etc/passwd", b"/docs/static/..%2f..%2fapp.py", b"/openapi/%00.json", b"/V1/customers",
        b"/v1/customers;a=b", b"/.well-known/", b"/metrics", b"/internal", b"/asyncapi.json",
    )  # fmt: skip
    for person in (admin, nobody):
        for path in paths:
            answer = await person.send(Ask("GET", path))
            judge.statuses[answer.status] += 1
            said = list(refusal(answer)) if answer.status >= 400 else []
            if answer.status >= 500 or said:
                judge.findings.append(f"{path[:60]!r} → {answer.status} {said}")
    judge.verdict()
