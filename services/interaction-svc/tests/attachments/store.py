"""A store that speaks S3, on a port of this machine: it believes only requests that are signed as published.

It reads the signature's rules by itself, from the request as it came over the wire, and knows what the
service asks: objects, uploads in parts, and nothing else.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, unquote

import uvicorn

ACCESS, SECRET, REGION, BUCKET = "AKIATEST", "secret/with+signs", "cn-test-1", "files"
LEAST_PART = 5 * 1024 * 1024
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


@dataclass
class Upload:
    key: str
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass
class Store:
    """What it keeps; `refusing` are methods that it answers with 503, `url` is where it is."""

    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    refusing: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    most_at_once: int = 0
    url: str = ""
    numbers: "count[int]" = field(default_factory=count)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.most_at_once = max(self.most_at_once, len(body))
        status, headers, content = self._answer(scope, body)
        named = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        wrong = fault(scope, body)
        if wrong is not None:
            self.refused.append(wrong)
            return 403, {}, f"<Error><Code>{wrong}</Code></Error>".encode()
        if scope["method"] in self.refusing:
            return 503, {}, b"<Error><Code>SlowDown</Code></Error>"
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        _, bucket, key = f"{unquote(scope['raw_path'].decode())}/".split("/", 2)
        if bucket != BUCKET:
            return 404, {}, b"<Error><Code>NoSuchBucket</Code></Error>"
        return self._done(scope["method"], key.rstrip("/"), query, body)

    def _done(  # noqa: PLR0911 - one line for each request that it knows
        self, method: str, key: str, query: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        match method, sorted(query):
            case "PUT", []:
                self.objects[key] = body
                return 200, {"ETag": etag(body)}, b""
            case "GET", []:
                found = self.objects.get(key)
                return (404, {}, b"") if found is None else (200, {}, found)
            case "DELETE", []:
                self.objects.pop(key, None)
                return 204, {}, b""
            case "POST", ["uploads"]:
                name = f"up+load/{next(self.numbers)}=~"
                self.uploads[name] = Upload(key)
                return 200, {}, f"<R><Key>{key}</Key><UploadId>{name}</UploadId></R>".encode()
            case "PUT", ["partNumber", "uploadId"]:
                self.uploads[query["uploadId"]].parts[int(query["partNumber"])] = body
                return 200, {"ETag": etag(body)}, b""
            case "POST", ["uploadId"]:
                return self._completed(self.uploads[query["uploadId"]], query["uploadId"], body)
            case "DELETE", ["uploadId"]:
                return (404 if self.uploads.pop(query["uploadId"], None) is None else 204), {}, b""
            case "GET", ["prefix", "uploads"]:
                return 200, {}, self._listed(query["prefix"])
        return 400, {}, b""

    def _completed(self, upload: Upload, name: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        told = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>([^<]+)</ETag>", body.decode())
        parts = [upload.parts[int(number)] for number, _ in told]
        if [tag for _, tag in told] != [etag(part) for part in parts]:
            return 400, {}, b"<Error><Code>InvalidPart</Code></Error>"
        if any(len(part) < LEAST_PART for part in parts[:-1]):
            return 400, {}, b"<Error><Code>EntityTooSmall</Code></Error>"
        self.objects[upload.key] = b"".join(parts)
        del self.uploads[name]
        return 200, {}, b"<CompleteMultipartUploadResult/>"

    def _listed(self, prefix: str) -> bytes:
        rows = "".join(
            f"<Upload><Key>{upload.key}</Key><UploadId>{name}</UploadId></Upload>"
            for name, upload in self.uploads.items()
            if upload.key.startswith(prefix)
        )
        return f"<ListMultipartUploadsResult>{rows}</ListMultipartUploadsResult>".encode()


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def fault(scope: Any, body: bytes) -> str | None:
    """What is wrong with the request's signature, in S3's words."""
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    told = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if told is None:
        return "AccessDenied"
    access, day, region, names, signature = told.groups()
    if (access, region) != (ACCESS, REGION):
        return "InvalidAccessKeyId"
    sent = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if abs(datetime.now(UTC) - sent) > timedelta(minutes=15) or not headers["x-amz-date"].startswith(day):
        return "RequestTimeTooSkewed"
    if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names.split(";")):
        return "AccessDenied"
    return (
        None
        if hmac.compare_digest(signature, _signature(scope, headers, names, day))
        else "SignatureDoesNotMatch"
    )


def _signature(scope: Any, headers: dict[str, str], names: str, day: str) -> str:
    pairs = sorted(
        each if "=" in each else f"{each}=" for each in scope["query_string"].decode().split("&") if each
    )
    request = "\n".join(
        [
            scope["method"],
            scope["raw_path"].decode(),
            "&".join(pairs),
            *(f"{name}:{headers[name].strip()}" for name in names.split(";")),
            "",
            names,
            headers["x-amz-content-sha256"],
        ]
    )
    where = f"{day}/{REGION}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{where}\n{digest}"
    key = b"AWS4" + SECRET.encode()
    for part in where.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@asynccontextmanager
async def serving() -> AsyncIterator[Store]:
    """A store that answers on a port of its own."""
    store = Store()
    config = uvicorn.Config(store, port=0, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    store.url = f"http://127.0.0.1:{port}/{BUCKET}"
    try:
        yield store
    finally:
        server.should_exit = True
        await task
