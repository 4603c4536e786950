"""What of a request passes the embedded edge: the same names as in `deploy/nginx/headers.conf`."""

import re
from uuid import uuid4

from starlette.types import Scope

from gateway.edge.check import Credentials
from shared.problems import AddressTooLong, Problem

Headers = list[tuple[bytes, bytes]]

PASSED = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"if-none-match",
        b"last-event-id",
        b"traceparent",
        b"tracestate",
        b"transfer-encoding",
        b"user-agent",
    }
)
WITH_COOKIE = "/v1/auth/oidc/"
"""Signing in elsewhere takes a round trip through the browser; only a cookie knows it is the same one."""

_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._:-]{8,64}$")
_MOST_ADDRESS = 8 * 1024
_MOST_HEADERS = 16 * 1024


class HeadersTooLarge(Problem):
    """The headers together are larger than any honest ones (431)."""

    status, title_en, title_zh = 431, "Headers too large", "请求头过大"


def refuse_oversized(scope: Scope) -> None:
    """Raise AddressTooLong or HeadersTooLarge, at the sizes at which nginx does."""
    query = scope["query_string"]
    if len(scope["raw_path"]) + len(query) + bool(query) > _MOST_ADDRESS:
        raise AddressTooLong(
            "address_too_long", en="The address is longer than allowed.", zh="地址超过允许的长度。"
        )
    if sum(len(name) + len(value) for name, value in scope["headers"]) > _MOST_HEADERS:
        raise HeadersTooLarge(
            "headers_too_large", en="The headers are larger than allowed.", zh="请求头超过允许的大小。"
        )


def request_id(scope: Scope) -> str:
    """The caller's id of the request when it is well formed, else one of ours."""
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.match(given) else uuid4().hex


def taken_apart(scope: Scope, *, named: str) -> tuple[Headers, Credentials]:
    """The headers that go on, with the request's id and the connection's address; and the credentials."""
    kept: Headers = []
    shown: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in PASSED or (name == b"cookie" and scope["path"].startswith(WITH_COOKIE)):
            kept.append((name, value))
        elif name in {b"authorization", b"x-api-key"}:
            shown[name] = b", ".join((shown[name], value)) if name in shown else value
    kept.append((b"x-request-id", named.encode()))
    address = scope["client"][0] if scope.get("client") else None
    if address is not None:
        kept.append((b"x-forwarded-for", address.encode()))
    kept.append((b"x-forwarded-proto", scope.get("scheme", "http").encode()))
    return kept, Credentials(_text(shown.get(b"authorization")), _text(shown.get(b"x-api-key")), address)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
