"""The one place that makes HTTP clients: no proxies from the environment, no redirects, deadlines always."""

import asyncio
from typing import Any

import httpx

from shared.auth.tokens import FetchKeys

_KEYS_SECONDS = 2.0
_MOST_KEYS = 64 * 1024


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
