"""Hard caps and slow clients: they end at the edge."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from tests.edge.conftest import Place, eventually, place
from tests.edge.echo import LARGE

AUTHORIZED = b"Host: t\r\nAuthorization: Bearer good\r\n"


@pytest.fixture(scope="module")
def tight() -> Iterator[Place]:
    """An edge with caps that a test reaches."""
    changes = {
        "zone=address_rate:2m    rate=500r/s": "zone=address_rate:2m rate=1r/m",
        "zone=credential_rate:4m rate=200r/s": "zone=credential_rate:4m rate=1r/m",
        "burst=3000": "burst=8",
        "burst=1500": "burst=3",
        "address_open    500": "address_open 5",
        "credential_open 100": "credential_open 2",
    }
    with place(changes) as there:
        yield there


def from_address(there: Place, address: str) -> httpx.Client:
    """A client at another address of this machine."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=there.client.base_url, transport=transport, timeout=20)


def statuses(client: httpx.Client, credentials: list[str]) -> list[int]:
    return [client.get("/v1/customers", headers={"Authorization": each}).status_code for each in credentials]


def test_a_credential_has_a_cap_wherever_it_is_used(tight: Place) -> None:
    with from_address(tight, "127.0.0.3") as one, from_address(tight, "127.0.0.4") as two:
        assert statuses(one, ["Bearer " + "hot" * 20] * 4) == [200] * 4
        assert statuses(two, ["bearer " + "hot" * 20]) == [429]
        assert statuses(two, ["Bearer cool"]) == [200]


def test_an_address_has_a_cap_whatever_it_shows(tight: Place) -> None:
    with from_address(tight, "127.0.0.5") as one, from_address(tight, "127.0.0.6") as two:
        assert statuses(one, [f"Bearer no {number}" for number in range(10)]) == [200] * 9 + [429]
        assert statuses(two, ["Bearer no 1"]) == [200]


def test_what_is_over_a_cap_is_told_when_to_come_back_and_reaches_nobody(tight: Place) -> None:
    with from_address(tight, "127.0.0.7") as client:
        statuses(client, ["Bearer eager"] * 4)
        before = len(tight.gateway.asked), tight.heard("customer-svc")
        answer = client.post(
            "/v1/customers", headers={"Authorization": "Bearer eager"}, content=b"x" * 100_000
        )
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert (len(tight.gateway.asked), tight.heard("customer-svc")) == before


def streams(there: Place, address: str, credentials: list[str]) -> list[int]:
    """The statuses of streams that are open together."""
    with ExitStack() as stack:
        client = stack.enter_context(from_address(there, address))
        opened = [
            stack.enter_context(client.stream("GET", "/v1/inbox/events", headers={"Authorization": each}))
            for each in credentials
        ]
        return [answer.status_code for answer in opened]


def test_so_many_requests_are_open_at_once_and_no_more(tight: Place) -> None:
    assert streams(tight, "127.0.0.8", ["Bearer tabs"] * 3) == [200, 200, 429]
    assert streams(tight, "127.0.0.9", [f"Bearer tab {number}" for number in range(6)]) == [200] * 5 + [429]


@pytest.fixture(scope="module")
def impatient() -> Iterator[Place]:
    """An edge that waits for a second only."""
    changes = {
        f"{name:<27} 10s;": f"{name} 1s;"
        for name in ("client_header_timeout", "client_body_timeout", "send_timeout")
    }
    with place(changes) as there:
        yield there


def ends(line: socket.socket) -> bytes:
    """What the other side says before it ends the connection."""
    whole = b""
    line.settimeout(10)
    try:
        while data := line.recv(65536):
            whole += data
    except ConnectionError:
        pass
    return whole


SLOW = (
    b"",
    b"GET /v1/customers HTT",
    b"GET /v1/customers HTTP/1.1\r\n" + AUTHORIZED,
    b"POST /v1/customers HTTP/1.1\r\n" + AUTHORIZED + b"Content-Length: 100\r\n\r\nabc",
    b"POST /v1/customers HTTP/1.1\r\n" + AUTHORIZED + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    b"POST /v1/imports HTTP/1.1\r\n" + AUTHORIZED + b"Content-Length: 100\r\n\r\nabc",
)


def test_who_sends_too_slowly_is_closed_and_only_an_import_occupied_its_service(impatient: Place) -> None:
    with ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(("127.0.0.1", impatient.edge.port), 5)) for _ in SLOW
        ]
        for line, sent in zip(lines, SLOW, strict=True):
            line.sendall(sent)
        assert [ends(line) for line in lines] == [b""] * len(SLOW)
    assert {seen["path"] for seen in impatient.services["customer-svc"][0].seen} <= {"/v1/imports"}


def test_who_reads_too_slowly_is_closed(impatient: Place) -> None:
    def told() -> bool:
        return '"method":"GET","service":"customer-svc","status":200' in impatient.log

    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", impatient.edge.port))
        line.sendall(b"GET /v1/customers/large HTTP/1.1\r\n" + AUTHORIZED + b"\r\n")
        eventually(told)
        assert len(ends(line)) < LARGE
