"""A service that asks others in nobody's name: for itself, with the least that it needs (ADR 42)."""

import json
import time
from collections.abc import Callable

import httpx
import structlog

from shared.auth.signatures import signed
from shared.auth.tokens import MOST_SECONDS
from shared.clock import Clock, utc_now
from shared.http.client import fetch_json
from shared.memory import Memory
from shared.problems import Unavailable

PATH = "/internal/service-tokens"
_KEPT_SECONDS = MOST_SECONDS - 26
_MOST_ANSWER = 16 * 1024
_SECONDS = 2.0
# Together no longer than the deadline: cutting a request off from outside may cost the pool a connection.
_PHASES = httpx.Timeout(connect=0.5, write=0.2, read=1.1, pool=0.2)
_log = structlog.get_logger()


class ServiceTokens:
    """Internal tokens by which this service speaks for itself, each good for 25 seconds at least.

    `secret` is known to this service and the gateway only; without one nothing is given out. `http_client`
    follows no redirects and obeys no proxy of the environment.
    """

    def __init__(
        self,
        service: str,
        http_client: httpx.AsyncClient,
        gateway_url: str,
        secret: bytes | None,
        *,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._http = http_client
        self._url = gateway_url.rstrip("/") + PATH
        self._secret = secret
        self._clock = clock
        self._kept: Memory[str, str] = Memory(_KEPT_SECONDS, monotonic=monotonic)

    async def token(self, audience: str) -> str:
        """A token for that service, one for all within half a minute; Unavailable if there is none."""
        return await self._kept.get_or(audience, lambda: self._given(audience))

    async def _given(self, audience: str) -> str:
        if self._secret is None:
            raise _unavailable()
        body = json.dumps({"service": self._service, "audience": audience}).encode()
        headers = signed(self._secret, body, int(self._clock().timestamp()))
        try:
            status, answer = await fetch_json(
                self._http,
                "POST",
                self._url,
                seconds=_SECONDS,
                most=_MOST_ANSWER,
                headers=headers,
                content=body,
                timeout=_PHASES,
            )
        except (OSError, ValueError) as error:
            _log.warning("service_token_failed", error=type(error).__name__)
            raise _unavailable() from error
        token = answer.get("token") if isinstance(answer, dict) else None
        if status != httpx.codes.OK or not isinstance(token, str):
            _log.warning("service_token_failed", status=status)
            raise _unavailable()
        return token


def _unavailable() -> Unavailable:
    return Unavailable(
        "service_token_unavailable",
        en="The service cannot speak for itself now.",
        zh="服务暂时无法以自身身份访问。",
    )
