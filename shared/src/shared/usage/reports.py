"""Reports of use from a service to the gateway: signed, small, four a second while there is use."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import structlog

from shared.auth.signatures import signed
from shared.clock import Clock, utc_now
from shared.loops import every
from shared.usage.tally import Tally, Use

PATH = "/internal/usage"
REPORT_SECONDS = 0.25

_MOST_USES = 2_000
_SEND_SECONDS = 2.0
_log = structlog.get_logger()


class Reporter:
    """Sends what a tally counted.

    What surely did not arrive is sent with the next report. What may have arrived is not sent again: use is
    rather forgotten than counted twice.
    """

    def __init__(
        self, tally: Tally, client: httpx.AsyncClient, secret: bytes, *, clock: Clock = utc_now
    ) -> None:
        self._tally = tally
        self._client = client
        self._secret = secret
        self._clock = clock

    async def send(self) -> None:
        """Report everything counted since the last time."""
        uses = self._tally.take()
        for start in range(0, len(uses), _MOST_USES):
            await self._send(uses[start : start + _MOST_USES])

    async def run(self) -> None:
        """The loop; the last report is sent when it ends."""
        try:
            await every(REPORT_SECONDS, self.send)()
        finally:
            await self.send()
            await self._client.aclose()

    async def _send(self, uses: Sequence[Use]) -> None:
        body = written(uses)
        headers = signed(self._secret, body, int(self._clock().timestamp()))
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                answer = await self._client.post(PATH, content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._tally.put_back(uses)
        except (httpx.HTTPError, TimeoutError) as error:
            _log.warning("report lost", error=type(error).__name__)
        else:
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self._tally.put_back(uses)
            elif not answer.is_success:
                _log.warning("report refused", status=answer.status_code)


def written(uses: Sequence[Use]) -> bytes:
    """A report as it goes over the wire."""
    found = [
        {
            "credential": str(use.credential),
            "kind": use.kind,
            "roles": sorted(use.roles),
            "counts": [use.calls, use.client_errors, use.server_errors],
        }
        for use in uses
    ]
    return json.dumps({"uses": found}).encode()


def read(body: bytes) -> list[Use]:
    """The report taken apart; ValueError for anything else."""
    try:
        return [_use(each) for each in json.loads(body)["uses"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a report") from error


def _use(found: Any) -> Use:
    counts = [int(count) for count in found["counts"]]
    if min(counts) < 0:
        raise ValueError("not a report")
    return Use(UUID(found["credential"]), str(found["kind"]), frozenset(map(str, found["roles"])), *counts)
