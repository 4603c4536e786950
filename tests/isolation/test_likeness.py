"""The comparison finds what it is for: a leak, and an answer that differs."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from tests.composed import Answer, Ask
from tests.fuzz.operations import Operation
from tests.isolation.likeness import Secrets, unlike
from tests.isolation.probes import Case, in_path, planted

MINE, THEIRS = str(uuid4()), str(uuid4())
REQUEST = Ask("GET", b"/v1/customers")


def refusal(status: int = 404, code: str = "not_found", **more: Any) -> Answer:
    problem = {"code": code, "status": status, "request_id": uuid4().hex, "instance": str(uuid4()), **more}
    headers = {"content-type": "application/problem+json", "x-request-id": problem["request_id"]}
    return Answer(status, headers, json.dumps(problem).encode())


def found(body: str, **headers: str) -> Answer:
    return Answer(200, {"content-type": "application/json", **headers}, body.encode())


def test_refusals_that_differ_in_nothing_but_the_request_are_alike() -> None:
    assert unlike(refusal(), refusal()) is None
    assert (
        unlike(refusal(detail=f"no {MINE}"), refusal(detail=f"no {THEIRS}"), frozenset({MINE, THEIRS}))
        is None
    )


@pytest.mark.parametrize(
    "other",
    [
        refusal(403),
        refusal(404, "customer_unknown"),
        refusal(detail="It belongs to somebody else."),
        refusal(errors=[{"pointer": "/customer_id", "code": "foreign"}]),
        replace(refusal(), headers={**refusal().headers, "etag": '"v2"'}),
    ],
)
def test_whatever_else_differs_is_found(other: Answer) -> None:
    assert unlike(other, refusal()) is not None
    assert unlike(refusal(), other) is not None


def test_a_count_or_one_record_more_is_found() -> None:
    assert unlike(found('{"data":[],"total":1}'), found('{"data":[],"total":0}')) is not None
    assert unlike(found(f'{{"data":["{MINE}"]}}'), found('{"data":[]}')) is not None


def test_a_secret_is_found_in_the_body_and_in_the_headers() -> None:
    secrets = Secrets("Zq9Mark", {MINE})
    assert secrets.told(found(f'{{"id":"{MINE}"}}'), REQUEST) == [MINE]
    assert secrets.told(found("{}", location=f"/v1/customers/{MINE}"), REQUEST) == [MINE]
    assert secrets.told(found('{"name":"zq9mark-C 海纳"}'), REQUEST) == ["zq9mark-C"]
    assert secrets.told(found(f'{{"id":"{THEIRS}"}}'), REQUEST) == []


def test_what_the_company_may_know_is_a_secret_to_others() -> None:
    secrets = Secrets("Zq9Mark", set(), {MINE})
    assert secrets.told(found(MINE), REQUEST) == [MINE]
    assert secrets.told(found(MINE), REQUEST, inside=True) == []


def test_what_its_reader_sent_is_no_secret_and_what_stands_beside_it_is() -> None:
    secrets = Secrets("Zq9Mark", {MINE, THEIRS})
    asked = Ask("GET", f"/v1/customers/{MINE}".encode())
    assert secrets.told(found(MINE + THEIRS), asked) == [THEIRS]


def test_a_place_in_a_body_is_filled_and_what_may_not_stand_beside_it_is_gone() -> None:
    order = {"customer_id": MINE, "order_no": "1"}
    assert planted({"items": [order]}, ("items", 0, "customer_code"), "C") == {
        "items": [{"order_no": "1", "customer_code": "C"}]
    }
    assert planted(order, ("identity", "external_id"), "ox") == {
        "order_no": "1",
        "identity": {"external_id": "ox", "channel": "wechat"},
    }


def test_of_two_ids_in_a_path_each_is_a_ghost_once() -> None:
    path = "/v1/customers/{customer_id}/contacts/{contact_id}"
    operation = Operation("getContact", "GET", path, {"parameters": []}, {})
    ids = {"customer_id": MINE, "contact_id": THEIRS}
    whole, outer = in_path(Case(operation, ids, None), frozenset())
    assert whole.foreign.path == f"/v1/customers/{MINE}/contacts/{THEIRS}".encode()
    assert outer.foreign.path.startswith(f"/v1/customers/{MINE}/contacts/".encode())
    assert outer.foreign.path != whole.foreign.path
    assert MINE.encode() not in outer.ghost.path
