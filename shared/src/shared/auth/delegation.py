"""Work in the background goes on asking other services for its caller: the token it began with, exchanged."""

import time
from collections.abc import Callable, Mapping

import httpx
import structlog

from shared.auth.tokens import MOST_SECONDS, refused, too_wide
from shared.http.client import fetch_json
from shared.memory import Memory
from shared.problems import Problem, Unauthenticated, Unavailable

PATH = "/internal/tokens"
FRESH_SECONDS = 25
"""For so long at least a token is good that was just given out."""

_KEPT_SECONDS = (
    MOST_SECONDS - 1 - FRESH_SECONDS
)  # the gateway counts whole seconds: a token may have one less
_MOST_KEPT = 500
_MOST_ANSWER = 16 * 1024
_SECONDS = 2.0
# Together no longer than the deadline: cutting a request off from outside may cost the pool a connection.
_PHASES = httpx.Timeout(connect=0.5, write=0.2, read=1.1, pool=0.2)
_log = structlog.get_logger()


class Delegations:
    """Fresh internal tokens for the token that an operation was given which `needs(..., asks=...)`.

    Each carries the caller's rights of the moment at which it is made. One is kept for half a minute for
    each original and audience, however many ask. Whoever stores an original seals it: it speaks for its
    caller for a day. `http_client` follows no redirects and obeys no proxy of the environment.
    """

    def __init__(
        self,
        http_client: httpx.AsyncClient,
        gateway_url: str,
        *,
        most: int = _MOST_KEPT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http_client
        self._url = gateway_url.rstrip("/") + PATH
        self._kept: Memory[tuple[str, str], str] = Memory(_KEPT_SECONDS, most=most, monotonic=monotonic)

    async def token(self, original: str, audience: str) -> str:
        """A token that speaks for the caller at this service, good for 25 seconds at least.

        Unauthenticated when the gateway does not believe the original (`token_invalid`; also after a day) or
        its caller may not come in any more (`access_ended`); Forbidden when the caller reaches too far for a
        token by now (`scope_too_wide`); Unavailable when the gateway does not say within two seconds.
        """
        return await self._kept.get_or((original, audience), lambda: self._exchanged(original, audience))

    async def _exchanged(self, original: str, audience: str) -> str:
        body = {"token": original, "audience": audience}
        try:
            status, answer = await fetch_json(
                self._http, "POST", self._url, seconds=_SECONDS, most=_MOST_ANSWER, json=body, timeout=_PHASES
            )
        except (OSError, ValueError) as error:
            _log.warning("exchange_failed", error=type(error).__name__)
            raise _unavailable() from error
        found = answer if isinstance(answer, dict) else {}
        if status in _REFUSING:
            refusal = _REFUSALS.get(str(found.get("code")), refused)
            raise refusal()
        token = found.get("token")
        if status != httpx.codes.OK or not isinstance(token, str):
            _log.warning("exchange_failed", status=status)
            raise _unavailable()
        return token


def ended() -> Unauthenticated:
    """Whoever began the work is known, and may not come in any more."""
    return Unauthenticated(
        "access_ended",
        en="The account or key that began this may not come in any more.",
        zh="发起此操作的账号或密钥已失去访问权限。",
    )


def _unavailable() -> Unavailable:
    return Unavailable(
        "caller_unknown_now",
        en="It cannot be told now whether this may go on.",
        zh="暂时无法核实此操作是否可以继续。",
    )


_REFUSING = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
_REFUSALS: Mapping[str, Callable[[], Problem]] = {"access_ended": ended, "scope_too_wide": too_wide}
