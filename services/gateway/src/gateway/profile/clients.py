"""The doors to the services whose answers make the profile."""

import asyncio
from collections.abc import Mapping

import httpx

from gateway.profile.domain import Answer, Breaker, Part, read

_AWAY = Answer("unavailable")
_SERVER_ERROR = 500


class Destination:
    """One service, asked through its own client and guarded by its own breaker."""

    def __init__(self, client: httpx.AsyncClient, breaker: Breaker | None = None) -> None:
        self._client = client
        self.breaker = breaker or Breaker()

    async def ask(self, part: Part, customer_id: str, headers: Mapping[str, str], deadline: float) -> Answer:
        """The service's answer; `unavailable` when the breaker is open, or at `deadline` (loop time)."""
        if not self.breaker.admits():
            return _AWAY
        answered = False
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._client.get(
                    part.path.format(id=customer_id),
                    params={name: value.format(id=customer_id) for name, value in part.query.items()},
                    headers=headers,
                )
            answered = response.status_code < _SERVER_ERROR
            return read(part, response.status_code, response.json())
        except (httpx.HTTPError, TimeoutError, ValueError, RuntimeError):
            return _AWAY
        finally:
            if answered:
                self.breaker.succeeded()
            else:
                self.breaker.failed()
