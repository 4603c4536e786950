"""The routing table against the plainest way to say the same."""

import re
import timeit
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.domain import BY_DIGIT, Operation, Owned, RouteTable, handed_on, owned_paths
from gateway.edge.paths import compiled

LITERALS = ["v1", "customers", "orders", "a", "b"]
CLOSED = {"GET": Operation()}
OPEN = {"GET": Operation(public=True)}
SEGMENT = st.sampled_from([*LITERALS, "{id}", "{x}"])
TEMPLATE = st.lists(SEGMENT, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))
PATH = st.lists(st.sampled_from([*LITERALS, "c", "", "é", "1f"]), min_size=0, max_size=6).map(
    lambda parts: "/" + "/".join(parts)
)


def shape(template: str) -> str:
    return re.sub(r"\{\w+\}", "{}", template)


def fits(template: str, path: str) -> bool:
    pattern = "/".join("[^/]+" if "{" in part else re.escape(part) for part in template.split("/"))
    return re.fullmatch(pattern, path) is not None


@given(st.lists(TEMPLATE, max_size=12, unique_by=shape), PATH)
def test_a_path_goes_to_the_most_literal_template_that_fits(templates: list[str], path: str) -> None:
    owned = [Owned(template, f"service of {shape(template)}", CLOSED) for template in templates]
    found = RouteTable(owned).match(path)
    fitting = [template for template in templates if fits(template, path)]
    best = min(fitting, key=lambda template: ["{" in part for part in template.split("/")], default=None)
    assert (found.service if found else None) == (f"service of {shape(best)}" if best else None)


@given(st.text(max_size=300))
def test_no_text_breaks_the_table(path: str) -> None:
    table = RouteTable([Owned("/v1/{a}/{b}", "one", CLOSED), Owned("/v1/x", "two", OPEN)])
    found = table.match(path)
    assert found is None or path.startswith("/v1/")


@pytest.mark.parametrize(("digit", "service"), BY_DIGIT.items())
def test_an_operation_is_found_by_the_last_digit_of_its_id(digit: str, service: str) -> None:
    owned = [
        Owned(path, name, CLOSED)
        for name in BY_DIGIT.values()
        for path in ("/v1/operations/{operation_id}", "/v1/operations/{operation_id}/events")
    ]
    table = RouteTable(owned)
    for end in ("", "/events"):
        found = table.match(f"/v1/operations/0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3{digit}{end}")
        assert found is not None
        assert found.service == service


def test_an_operation_of_no_service_is_refused_by_one_of_them_and_not_by_the_table() -> None:
    table = RouteTable([Owned("/v1/operations/{id}", name, CLOSED) for name in BY_DIGIT.values()])
    ghost = table.match("/v1/operations/0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e")
    assert ghost is not None
    assert ghost.operations is CLOSED


def test_two_services_cannot_own_the_same_path() -> None:
    with pytest.raises(ValueError, match="/v1/orders"):
        RouteTable([Owned("/v1/orders", "one", CLOSED), Owned("/v1/orders", "two", CLOSED)])


def test_neighbouring_paths_have_their_own_owners() -> None:
    documents: dict[str, dict[str, Any]] = {
        "customer-svc": {"paths": {"/v1/customers/{id}": {"get": {}}, "/livez": {"get": {"security": []}}}},
        "interaction-svc": {"paths": {"/v1/customers/{id}/timeline": {"get": {}}}},
        "gateway": {
            "paths": {"/v1/customers/{id}/profile": {"get": {}}, "/livez": {"get": {"security": []}}}
        },
    }
    table = compiled(documents)
    owners = {
        "/v1/customers/7": "customer-svc",
        "/v1/customers/7/timeline": "interaction-svc",
        "/v1/customers/7/profile": "gateway",
        "/livez": "gateway",
        "/openapi/customer-svc.json": "gateway",
    }
    for path, owner in owners.items():
        found = table.match(path)
        assert found is not None
        assert found.service == owner
    for nowhere in (
        "/v1/customers/7/other",
        "/v1/customers/",
        "/auth/check",
        "/internal/jwks.json",
        "/internal/tokens",
        "/internal/interactions",
        "/internal/interactions/load",
        "/metrics",
    ):
        assert table.match(nowhere) is None


def test_each_operation_says_what_it_demands() -> None:
    item = {
        "summary": "not a method",
        "get": {"security": [], "x-scopes": []},
        "post": {"security": [{"staff": []}], "x-scopes": ["orders:write"]},
        "put": {"security": [{"staff": []}], "x-scopes": [], "x-asks": ["notify-svc", "scoring-svc"]},
    }
    (owned,) = owned_paths("one", {"paths": {"/x": item}})
    assert owned.operations == {
        "GET": Operation(public=True),
        "POST": Operation(permissions=("orders:write",)),
        "PUT": Operation(asks=("notify-svc", "scoring-svc")),
    }


@pytest.mark.parametrize(
    ("service", "asks", "reached"),
    [
        ("customer-svc", (), []),
        ("interaction-svc", (), ["customer-svc"]),
        ("customer-svc", ("interaction-svc", "scoring-svc"), ["interaction-svc", "scoring-svc"]),
        ("scoring-svc", ("interaction-svc",), ["interaction-svc", "customer-svc"]),
        ("notify-svc", ("interaction-svc", "customer-svc"), ["customer-svc", "interaction-svc"]),
    ],
)
def test_a_token_reaches_who_is_asked_and_whom_they_ask(
    service: str, asks: tuple[str, ...], reached: list[str]
) -> None:
    assert handed_on(service, asks) == reached


def test_a_service_that_told_nothing_yet_leaves_the_table_incomplete() -> None:
    assert not compiled({"customer-svc": None, "gateway": {"paths": {}}}).complete
    assert compiled({"gateway": {"paths": {"/v1/staff": {"get": {}}}}}).complete


def test_matching_is_quick() -> None:
    owned = [Owned(f"/v1/{noun}/{{id}}/{verb}", "one", CLOSED) for noun in "abcdefghij" for verb in "klmn"]
    table = RouteTable(owned)
    best = min(timeit.repeat(lambda: table.match("/v1/e/0196f0c4/m"), number=1000, repeat=5)) / 1000
    assert best < 100e-6
