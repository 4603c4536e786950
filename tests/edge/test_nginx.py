"""The deployed edge before services that say what they received: what passes, what does not, what it says."""

import socket

import pytest
from tests.edge.conftest import Place, eventually

ID = "0198c5c0-0000-7000-8000-000000000001"
IDENTIFYING = [
    "X-Internal-Token",
    "X-Internal-Principal",
    "X-Auth-User",
    "X-Authenticated-User",
    "X-Edge-Status",
    "X-Service",
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "X-Original-Method",
    "X-Original-URI",
    "X_Internal_Token",
    "X_Forwarded_For",
    "X-Accel-Expires",
    "X-HTTP-Method-Override",
    "Cookie",
]


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/v1/customers", "customer-svc"),
        (f"/v1/customers/{ID}/orders", "customer-svc"),
        ("/v1/complaints", "interaction-svc"),
        ("/v1/scores", "scoring-svc"),
        ("/v1/inbox", "notify-svc"),
        ("/docs", "gateway"),
        ("/v1/auth/oidc/start", "gateway"),
    ],
)
def test_a_request_goes_where_the_gateway_says(deployed: Place, path: str, owner: str) -> None:
    seen = deployed.ask(path + "?q=1").json()
    assert (seen["service"], seen["path"]) == (owner, path + "?q=1")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_the_method_and_the_address_arrive_as_they_were_sent(deployed: Place, method: str) -> None:
    path = "/v1/customers/by-identity/wechat/a%2Fb%20c?q=%E4%BD%A0&x=1;2"
    assert deployed.ask(path, method=method).status_code == 200
    seen = deployed.services["customer-svc"][0].seen[-1]
    assert (seen["method"], seen["path"]) == (method, path)


def test_a_service_gets_the_internal_token_and_never_the_credential(deployed: Place) -> None:
    for shown in ({"Authorization": "Bearer good"}, {"X-API-Key": "Bearer good"}):
        answer = deployed.client.get("/v1/customers", headers=shown)
        headers = answer.json()["headers"]
        assert headers["x-internal-token"] == "token-for-Bearer good"
        assert not {"authorization", "x-api-key", "cookie"} & headers.keys()
        assert "x-internal-token" not in answer.headers


@pytest.mark.parametrize("name", IDENTIFYING)
@pytest.mark.parametrize("path", ["/v1/customers", "/v1/auth/me", "/v1/imports", f"/v1/complaints/{ID}"])
def test_what_a_caller_claims_to_be_is_dropped(deployed: Place, path: str, name: str) -> None:
    twice = [
        (name, "forged"),
        (name.lower(), "forged"),
        ("Connection", name),
        ("Authorization", "Bearer good"),
    ]
    seen = deployed.client.put(path, headers=twice).json()
    assert not [value for value in seen["headers"].values() if "forged" in value]
    assert seen["headers"]["x-internal-token"] == "token-for-Bearer good"
    assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert not [value for value in deployed.gateway.asked[-1].values() if "forged" in value]


def test_the_cookie_passes_only_for_signing_in_elsewhere(deployed: Place) -> None:
    kept = deployed.ask("/v1/auth/oidc/callback?code=1", headers={"Cookie": "round=trip"}).json()
    assert kept["headers"]["cookie"] == "round=trip"
    for path in ("/v1/auth/oidc", "/v1/auth/token", "/v1/auth/oidc/../me"):
        assert "cookie" not in deployed.ask(path, headers={"Cookie": "a=b"}).json()["headers"]


def test_what_the_contract_names_passes(deployed: Place) -> None:
    sent = {
        "Accept": "application/json",
        "Accept-Language": "zh-CN",
        "Content-Type": "application/json",
        "Idempotency-Key": "k-1",
        "If-Match": '"3"',
        "If-None-Match": '"4"',
        "Last-Event-ID": "9",
        "User-Agent": "a partner",
        "X-Request-Id": "request-0001",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "a=b",
    }
    seen = deployed.ask("/v1/customers", method="POST", content=b"{}", headers=sent).json()
    assert seen["length"] == 2
    assert {name: seen["headers"][name.lower()] for name in sent} == sent


def test_the_gateway_is_told_what_is_asked_and_by_whom(deployed: Place) -> None:
    headers = {"X-Request-Id": "request-0003", "Accept-Language": "zh"}
    deployed.ask("/v1/scores/%41?tier=core", "Bearer asker", method="POST", content=b"12345", headers=headers)
    question = deployed.gateway.asked[-1]
    told = {name: question[name] for name in ("x-original-method", "x-original-uri", "x-forwarded-for")}
    assert told == {
        "x-original-method": "POST",
        "x-original-uri": "/v1/scores/%41",
        "x-forwarded-for": "127.0.0.1",
    }
    assert (question["x-request-id"], question["accept-language"]) == ("request-0003", "zh")
    assert not question.keys() & {"content-length", "transfer-encoding"}


@pytest.mark.parametrize(
    ("credential", "status", "code"),
    [
        ("Bearer revoked", 401, "session_ended"),
        ("Bearer poor", 403, "permission_missing"),
        ("Bearer lost", 404, "no_such_path"),
        ("Bearer odd", 405, "method_not_allowed"),
        ("Bearer hasty", 429, "rate_limited"),
        ("Bearer unlucky", 500, "internal_error"),
        ("Bearer early", 503, "service_starting"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_refusal_comes_through_as_the_gateway_said_it(
    deployed: Place, credential: str, status: int, code: str, method: str
) -> None:
    before = deployed.heard("customer-svc")
    body = b"x" * 70_000 if method == "POST" else b""
    headers = {"X-Request-Id": "request-0002"}
    answer = deployed.ask("/v1/customers", credential, method, headers=headers, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json() == {"status": status, "code": code, "detail": "不行"}
    assert answer.headers["x-request-id"] == "request-0002"
    assert answer.headers["content-language"] == "zh-CN"
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("x-edge")]
    assert deployed.heard("customer-svc") == before


def test_headers_of_a_refusal_come_through_once(deployed: Place) -> None:
    def told(credential: str, name: str) -> list[str]:
        return deployed.ask("/v1/customers", credential).headers.get_list(name)

    assert told("Bearer revoked", "www-authenticate") == ['Bearer realm="tonglu"']
    assert told("Bearer odd", "allow") == ["GET, POST"]
    assert told("Bearer hasty", "retry-after") == ["7"]
    assert told("Bearer hasty", "ratelimit") == ['"minute";r=0;t=7']
    assert told("Bearer poor", "www-authenticate") == []


def test_what_is_left_of_a_limit_stands_on_the_answer(deployed: Place) -> None:
    assert deployed.ask("/v1/customers").headers.get_list("ratelimit") == ['"minute";r=9;t=7']


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN,en;q=.5", "暂时不可用"), ("de", "Temporarily unavailable")]
)
def test_without_the_gateways_word_nobody_passes(deployed: Place, language: str, title: str) -> None:
    answer = deployed.ask("/v1/customers", "Bearer ill", headers={"Accept-Language": language})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (answer.json()["title"], answer.headers["retry-after"]) == (title, "2")


@pytest.mark.parametrize("path", ["/_check", "/_problem", "/_once", "//_check", "/%5Fcheck"])
def test_what_the_edge_tells_itself_is_not_for_callers(deployed: Place, path: str) -> None:
    answer = deployed.ask(path, "Bearer lost")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_over_a_mebibyte_is_refused_but_not_for_files(deployed: Place) -> None:
    body = b"x" * (1024 * 1024 + 1)
    for content in (body, iter([body[:70_000], body[70_000:]])):
        answer = deployed.ask("/v1/customers", method="POST", content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    for path in ("/v1/imports", "/v1/attachments"):
        for content in (body, iter([body[:70_000], body[70_000:]])):
            assert deployed.ask(path, method="POST", content=content).json()["length"] == len(body)


@pytest.mark.parametrize(("path", "mebibytes"), [(b"/v1/imports", 200), (b"/v1/attachments", 101)])
def test_an_upload_over_its_limit_is_refused_unread(deployed: Place, path: bytes, mebibytes: int) -> None:
    with socket.create_connection(("127.0.0.1", deployed.edge.port), 5) as line:
        line.sendall(
            b"POST %s HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer good\r\n"
            b"Content-Length: %d\r\n\r\n" % (path, mebibytes * 1024 * 1024 + 1)
        )
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("zh-CN", "请求体超过允许的大小。"),
        ("en", "The body is larger than allowed."),
        ("", "The body is larger than allowed."),
    ],
)
def test_the_edges_own_problems_are_whole_ones(deployed: Place, language: str, detail: str) -> None:
    headers = {"Accept-Language": language, "X-Request-Id": "request-0004"}
    answer = deployed.ask("/v1/customers", method="POST", content=b"x" * 1024 * 1025, headers=headers)
    assert answer.json() == {
        "type": "urn:tonglu:problem:body_too_large",
        "title": "内容过大" if language == "zh-CN" else "Too large",
        "status": 413,
        "detail": detail,
        "instance": "urn:tonglu:request:request-0004",
        "code": "body_too_large",
        "request_id": "request-0004",
    }
    assert answer.headers["content-language"] == (language or "en")
    assert answer.headers["x-request-id"] == "request-0004"


def test_a_strange_request_id_is_replaced(deployed: Place) -> None:
    answer = deployed.ask("/v1/customers", "Bearer ill", headers={"X-Request-Id": 'x","admin":"true'})
    assert set(answer.json()) == {"type", "title", "status", "detail", "instance", "code", "request_id"}


def test_long_addresses_headers_and_credentials_have_a_limit(deployed: Place) -> None:
    def told(path: str, credential: str = "Bearer good", **headers: str) -> tuple[int, str]:
        answer = deployed.ask(path, credential, headers=headers)
        return answer.status_code, "" if answer.status_code == 200 else answer.json()["code"]

    assert told("/v1/customers?q=" + "a" * (8192 - 16)) == (200, "")
    assert told("/v1/customers?q=" + "a" * (8192 - 15)) == (414, "address_too_long")
    assert told("/v1/customers?q=" + "a" * 20_000) == (414, "address_too_long")
    assert told("/v1/customers", x="a" * 15_000) == (200, "")
    assert told("/v1/customers", x="a" * 17_000) == (431, "headers_too_large")
    assert told("/v1/customers", x="a" * 8_000, y="b" * 9_000, z="c" * 3_000) == (431, "headers_too_large")
    assert told("/v1/customers", "Bearer " + "a" * 8192) == (401, "token_invalid")


@pytest.mark.parametrize("path", [f"/v1/operations/{ID}/events", "/v1/inbox/events"])
def test_an_event_leaves_before_the_next_one_comes(deployed: Place, path: str) -> None:
    with deployed.client.stream("GET", path, headers={"Authorization": "Bearer good"}) as answer:
        assert next(answer.iter_lines()) == "data: first"


def test_the_log_has_no_addresses_and_no_credentials(deployed: Place) -> None:
    deployed.ask("/v1/customers?phone=13800138000", "Bearer eyJ0b3A.c2VjcmV0")
    deployed.client.get("/v1/customers?phone=13800138000", headers={"X-API-Key": "tl_live_secret"})
    deployed.ask("/v1/customers/13800138000" + "0" * 20_000, "Bearer eyJ0b3A.c2VjcmV0")
    deployed.ask("/v1/customers", headers={"X-Request-Id": "the-last-one-written"})
    eventually(lambda: "the-last-one-written" in deployed.log)
    assert '"service":"customer-svc"' in deployed.log
    for secret in ("13800138000", "c2VjcmV0", "tl_live_secret"):
        assert secret not in deployed.log


MALFORMED = [
    b"GET /\x00 HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: t\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer a\r\nAuthorization: Bearer good\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: identity\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"TRACE / HTTP/1.1\r\nHost: t\r\n\r\n",
    b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: t\r\n\r\n",
]


@pytest.mark.parametrize("sent", MALFORMED)
def test_what_no_two_programs_read_alike_ends_here(deployed: Place, sent: bytes) -> None:
    before = {name: deployed.heard(name) for name in deployed.services if name != "gateway"}
    answer = raw(deployed.edge.port, sent)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 405 ")), answer[:200]
    assert b"\r\nContent-Type: application/problem+json\r\n" in answer
    assert {name: deployed.heard(name) for name in before} == before


def raw(port: int, sent: bytes) -> bytes:
    """What comes back for these bytes, until a problem's last member or the end."""
    whole = b""
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        line.sendall(sent)
        while b"request_id" not in whole and (data := line.recv(65536)):
            whole += data
    return whole
