"""Two processes of a service: what is asked once more when one of them fails, and what never is."""

from collections.abc import Iterator

import pytest
from tests.edge.conftest import Place, place


@pytest.fixture
def doubled() -> Iterator[Place]:
    with place(replicas={"customer-svc": 2, "gateway": 2}) as there:
        yield there


@pytest.mark.parametrize(
    ("method", "times"), [("GET", 2), ("HEAD", 2), ("POST", 1), ("PUT", 1), ("PATCH", 1), ("DELETE", 1)]
)
def test_only_what_changes_nothing_is_asked_again_and_only_once(
    doubled: Place, method: str, times: int
) -> None:
    for server in doubled.services["customer-svc"]:
        server.broken = 5
    answer = doubled.ask("/v1/customers", method=method)
    assert answer.status_code == 502
    assert doubled.heard("customer-svc") == times


def test_one_process_that_breaks_off_is_not_noticed_by_a_reader(doubled: Place) -> None:
    doubled.services["customer-svc"][0].broken = 1000
    assert {doubled.ask("/v1/customers").status_code for _ in range(10)} == {200}
    assert 1 <= len(doubled.services["customer-svc"][0].seen) <= 2


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_process_that_is_gone_is_passed_by(doubled: Place, method: str) -> None:
    doubled.services["customer-svc"][0].close()
    doubled.services["gateway"][0].close()
    statuses = {doubled.ask("/v1/customers", f"Bearer {number}", method).status_code for number in range(10)}
    assert statuses == {200}


def test_a_service_that_is_down_is_a_problem_with_a_time_to_come_back(doubled: Place) -> None:
    for server in doubled.services["customer-svc"]:
        server.close()
    for method in ("GET", "POST", "PUT"):
        answer = doubled.ask("/v1/customers", method=method)
        assert (answer.status_code, answer.json()["code"]) == (502, "unavailable")
        assert answer.headers["retry-after"] == "2"
        assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert doubled.ask("/v1/complaints").status_code == 200


def test_without_the_gateway_nobody_passes(doubled: Place) -> None:
    for server in doubled.services["gateway"]:
        server.close()
    answer = doubled.ask("/v1/customers")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert doubled.heard("customer-svc") == 0
