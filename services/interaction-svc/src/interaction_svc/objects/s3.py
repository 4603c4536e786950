"""Objects in a bucket of a store that speaks S3: Amazon's, MinIO, Ceph, Alibaba's OSS and others."""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from xml.sax.saxutils import escape

from interaction_svc.objects.signing import Signer, asked
from shared.http.client import Told, exchange, received

PART_BYTES = 5 * 1024 * 1024
"""The least that a store takes for a part which is not the last, and so the most of an object in memory."""
_SECONDS = 60.0
_UPLOAD = re.compile(rb"<Upload>.*?<Key>([^<]+)</Key>.*?<UploadId>([^<]+)</UploadId>.*?</Upload>", re.DOTALL)
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_GONE = (HTTPStatus.NO_CONTENT, HTTPStatus.OK, HTTPStatus.NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A store that is asked by path: `url` is its address with the bucket, `https://host/bucket`."""

    url: str
    signer: Signer
    http: Any
    now: Callable[[], datetime]

    async def ask(
        self,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Told:
        """One request with its answer; OSError if there is none."""
        url, headers = self._signed(method, key, query or {}, content)
        return await exchange(self.http, method, url, seconds=_SECONDS, headers=headers, content=content)

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of an object; OSError if the store does not give them."""
        url, headers = self._signed("GET", key, {}, b"")
        return received(self.http, url, headers=headers)

    def _signed(
        self, method: str, key: str, query: Mapping[str, str], content: bytes
    ) -> tuple[str, dict[str, str]]:
        base = urlsplit(self.url)
        path = f"{base.path.rstrip('/')}/{key}" if key else base.path.rstrip("/")
        headers = {"host": base.netloc, "x-amz-content-sha256": hashlib.sha256(content).hexdigest()}
        signed = self.signer.signed(method, path, query, headers, at=self.now())
        return f"{base.scheme}://{base.netloc}{path}" + (f"?{asked(query)}" if query else ""), signed


@dataclass(slots=True)
class _Parts:
    """An object that is sent in parts, and what the store calls each of them."""

    key: str
    upload_id: str
    tags: list[str] = field(default_factory=list)

    def list(self) -> bytes:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"
            for number, tag in enumerate(self.tags, 1)
        )
        return f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()


class S3:
    """A small object is one request; a larger one goes in parts, so that its length need not be known."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def put(self, key: UUID, chunks: AsyncIterator[bytes]) -> None:
        """Nothing is to be read before the last request; what was sent until then is taken back."""
        waiting, parts = bytearray(), None
        try:
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) > PART_BYTES:
                    parts = parts or await self._begin(str(key))
                    await self._send(parts, bytes(waiting[:PART_BYTES]))
                    del waiting[:PART_BYTES]
            if parts is None:
                _expect(await self._bucket.ask("PUT", str(key), content=bytes(waiting)), HTTPStatus.OK)
            else:
                await self._send(parts, bytes(waiting))
                await self._complete(parts)
        except BaseException:
            if parts is not None:
                with suppress(OSError):  # what is left goes with `delete`
                    await self._abort(parts.key, parts.upload_id)
            raise

    def read(self, key: UUID) -> AsyncIterator[bytes]:
        """As the store sends it."""
        return self._bucket.stream(str(key))

    async def delete(self, key: UUID) -> None:
        """The object, and the parts of one that was never whole."""
        told = await self._bucket.ask("GET", query={"uploads": "", "prefix": str(key)})
        _expect(told, HTTPStatus.OK)
        for name, upload_id in _UPLOAD.findall(told.body):
            if name.decode() == str(key):
                await self._abort(str(key), upload_id.decode())
        _expect(await self._bucket.ask("DELETE", str(key)), *_GONE)

    async def _begin(self, key: str) -> _Parts:
        told = await self._bucket.ask("POST", key, {"uploads": ""})
        _expect(told, HTTPStatus.OK)
        found = _UPLOAD_ID.search(told.body)
        if found is None:
            raise OSError("the store began no upload")
        return _Parts(key, found[1].decode())

    async def _send(self, parts: _Parts, content: bytes) -> None:
        query = {"partNumber": str(len(parts.tags) + 1), "uploadId": parts.upload_id}
        told = await self._bucket.ask("PUT", parts.key, query, content)
        _expect(told, HTTPStatus.OK)
        parts.tags.append(told.headers["etag"])

    async def _complete(self, parts: _Parts) -> None:
        told = await self._bucket.ask("POST", parts.key, {"uploadId": parts.upload_id}, parts.list())
        _expect(told, HTTPStatus.OK)
        if b"<Error>" in told.body:  # 200 was sent before the store was done
            raise OSError("the store could not complete an upload")

    async def _abort(self, key: str, upload_id: str) -> None:
        _expect(await self._bucket.ask("DELETE", key, {"uploadId": upload_id}), *_GONE)


def _expect(told: Told, *statuses: int) -> None:
    if told.status not in statuses:
        raise OSError(f"the object store answered {told.status}")
