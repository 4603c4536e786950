"""What the edge remembers of the gateway's answers, and for whom."""

import time
from uuid import uuid4

import httpx
import pytest
from tests.edge.conftest import Place


def asked(place: Place, credential: str) -> int:
    """How often the gateway was asked about this credential."""
    return len(
        [
            each
            for each in place.gateway.asked
            if credential in {each.get("authorization"), each.get("x-api-key")}
        ]
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_one_answer_serves_a_burst_of_the_same_question(deployed: Place, method: str) -> None:
    credential = f"Bearer burst {uuid4()}"
    for _ in range(20):
        deployed.ask(f"/v1/customers/{uuid4()}", credential, method)
    assert asked(deployed, credential) < 10


def test_an_answer_for_one_caller_serves_no_other(deployed: Place) -> None:
    for credential in ("Bearer a", "Bearer b", "Bearer a"):
        for path in ("/v1/customers", "/v1/scores"):
            token = deployed.ask(path, credential).json()["headers"]["x-internal-token"]
            assert token == f"token-for-{credential}"
    assert deployed.client.get("/docs").json()["headers"].get("x-internal-token") is None


def test_a_credential_is_not_taken_for_a_key_of_the_same_words(deployed: Place) -> None:
    shown = [{"Authorization": "Bearer x", "X-API-Key": "y"}, {"Authorization": "Bearer", "X-API-Key": "x y"}]
    before = len(deployed.gateway.asked)
    for headers in shown:
        deployed.client.get("/v1/customers", headers=headers)
    assert len(deployed.gateway.asked) - before == len(shown)


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_allowed_here_stays_refused_there(deployed: Place, turned: bool) -> None:
    questions = [("/v1/customers", 200), ("/v1/scores", 403)]
    for path, status in reversed(questions) if turned else questions:
        assert deployed.ask(path, "Bearer customers only").status_code == status
        assert deployed.ask(path, "Bearer customers only").status_code == status


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/customers/0198c5c0-0000-7000-8000-000000000001"])
def test_who_may_read_may_not_write_for_it(deployed: Place, path: str) -> None:
    for method, status in (("GET", 200), ("PUT", 403), ("POST", 403), ("GET", 200)):
        assert deployed.ask(path, "Bearer reader", method).status_code == status


def test_a_key_that_is_bound_to_a_place_works_only_from_there(deployed: Place) -> None:
    key = {"X-API-Key": "at home"}
    away = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=deployed.client.base_url, transport=away) as elsewhere:
        for client, status in (
            (deployed.client, 200),
            (elsewhere, 403),
            (deployed.client, 200),
            (elsewhere, 403),
        ):
            assert client.get("/v1/customers", headers=key).status_code == status


def test_a_refusal_is_never_kept(deployed: Place) -> None:
    for credential in ("Bearer revoked", "Bearer hasty", "Bearer early"):
        before = asked(deployed, credential)
        for _ in range(3):
            deployed.ask("/v1/customers", credential)
        assert asked(deployed, credential) == before + 3


def test_the_gateway_says_for_how_long_it_may_be_kept(deployed: Place) -> None:
    deployed.gateway.seconds = 0
    try:
        for _ in range(3):
            deployed.ask("/v1/customers", "Bearer not kept")
    finally:
        deployed.gateway.seconds = 1
    assert asked(deployed, "Bearer not kept") == 3


def test_an_answer_is_kept_for_seconds_only(deployed: Place) -> None:
    credential, deadline = f"Bearer renewed {uuid4()}", time.monotonic() + 5
    deployed.ask("/v1/customers", credential)
    while asked(deployed, credential) < 2:
        assert time.monotonic() < deadline
        deployed.ask("/v1/customers", credential)
        time.sleep(0.05)


def test_operations_of_two_services_are_two_questions(deployed: Place) -> None:
    operation = str(uuid4())[:-1]
    for digit in "12":
        deployed.ask(f"/v1/operations/{operation}{digit}", "Bearer operator")
    assert asked(deployed, "Bearer operator") == 2
