"""The one place that makes HTTP clients: no proxies from the environment, no redirects, deadlines always."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import httpx

from shared.auth.tokens import FetchKeys

_KEYS_SECONDS = 2.0
_MOST_KEYS = 64 * 1024
_MOST_TOLD = 1024 * 1024


class Told(NamedTuple):
    """One answer; names of headers are small."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def make_client(base_url: str = "", *, app: Any = None, seconds: float = 5.0) -> httpx.AsyncClient:
    """A client for one destination; `app` is an ASGI application of this process instead of the network."""
    transport = httpx.ASGITransport(app=app) if app is not None else httpx.AsyncHTTPTransport(retries=0)
    return httpx.AsyncClient(
        base_url=base_url,
        transport=transport,
        timeout=httpx.Timeout(seconds, connect=1.0),
        trust_env=False,
        follow_redirects=False,
    )


def keys_from(url: str) -> FetchKeys:
    """Fetch a JSON key set; raises OSError or ValueError when that cannot be done in time."""

    async def fetch() -> str:
        try:
            async with asyncio.timeout(_KEYS_SECONDS), make_client() as client:
                response = await client.get(url)
        except httpx.HTTPError as error:
            raise OSError("the key set cannot be fetched") from error
        if response.status_code != httpx.codes.OK or len(response.content) > _MOST_KEYS:
            raise ValueError("not a key set")
        return response.text

    return fetch


async def fetch_json(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    seconds: float,
    most: int,
    headers: Mapping[str, str] | None = None,
    **request: Any,
) -> tuple[int, Any]:
    """Status and JSON of one answer, all of it within `seconds`.

    Raises OSError when nothing comes in time, and ValueError for what is no JSON or longer than `most` bytes.
    """
    wanted = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    try:
        async with (
            asyncio.timeout(seconds),
            client.stream(method, url, headers=wanted, **request) as response,
        ):
            return response.status_code, json.loads(await _at_most(response, most))
    except (httpx.HTTPError, TimeoutError) as error:
        raise OSError("no answer") from error
    except (httpx.InvalidURL, RecursionError) as error:
        raise ValueError("not JSON") from error


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str],
    content: bytes = b"",
) -> Told:
    """One request as it is given, and its whole answer; OSError when none comes in time, or a long one."""
    wanted = {"accept-encoding": "identity", **headers}
    try:
        async with (
            asyncio.timeout(seconds),
            client.stream(method, url, headers=wanted, content=content) as response,
        ):
            body = await _at_most(response, _MOST_TOLD)
            return Told(response.status_code, dict(response.headers), body)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
        raise OSError("no answer") from error


async def received(
    client: httpx.AsyncClient, url: str, *, headers: Mapping[str, str]
) -> AsyncIterator[bytes]:
    """What stands at an address, piece by piece; OSError if it is not there or breaks off."""
    wanted = {"accept-encoding": "identity", **headers}
    try:
        async with client.stream("GET", url, headers=wanted) as response:
            if response.status_code != httpx.codes.OK:
                raise OSError("it is not there")
            async for part in response.aiter_raw():
                yield part
    except httpx.HTTPError as error:
        raise OSError("it broke off") from error


async def _at_most(response: httpx.Response, most: int) -> bytes:
    """The body as it came: what is packed could unpack to anything."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ValueError("packed")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > most:
            raise ValueError("too long")
    return bytes(body)
