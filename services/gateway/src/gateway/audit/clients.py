"""The doors to the audits of the services."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import httpx

from gateway.profile.domain import Breaker

_OK, _NOT_FOUND, _SERVER_ERROR = 200, 404, 500


class AwayError(Exception):
    """The service does not answer, or not in time."""


class Audit(Protocol):
    """One service's audit: answers of its door as JSON, None for what is not there. Raises AwayError."""

    async def ask(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """What is at `/v1/<service>/audit` + path."""
        ...


class RemoteAudit:
    """A service, asked through its own client and guarded by its own breaker."""

    def __init__(self, service: str, client: httpx.AsyncClient, *, seconds: float = 3.0) -> None:
        self._base = f"/v1/{service}/audit"
        self._client = client
        self._seconds = seconds
        self._breaker = Breaker()

    async def ask(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """See `Audit`."""
        if not self._breaker.admits():
            raise AwayError
        answered = False
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._client.get(
                    self._base + path, params=dict(query), headers=dict(headers)
                )
            answered = response.status_code < _SERVER_ERROR
            return _read(response)
        except (httpx.HTTPError, TimeoutError, ValueError, RuntimeError) as error:
            raise AwayError from error
        finally:
            (self._breaker.succeeded if answered else self._breaker.failed)()


def _read(response: httpx.Response) -> Any:
    if response.status_code == _NOT_FOUND:
        return None
    if response.status_code != _OK:
        raise ValueError("no answer of an audit")
    return response.json()
