"""The door to customer-svc, for a distributor or an org unit that no event has told of yet."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from uuid import UUID

import httpx

from gateway.reach.domain import Place, from_answer
from shared.auth.tokens import HEADER
from shared.problems import Unavailable
from shared.usage import INNER

_SECONDS = 1.0
# Together no longer than the deadline: cutting a request off from outside may cost the pool a connection.
_PHASES = httpx.Timeout(connect=0.25, write=0.1, read=0.55, pool=0.1)


Read = TypeVar("Read")
Kind = Literal["distributors", "org-units"]
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Part:
    """Some places of a tree, and the cursor by which the reading goes on (None: that was all)."""

    places: list[Place]
    cursor: str | None


class Trees:
    """The trees as customer-svc itself knows them; `client` reaches it, without one nobody can tell."""

    def __init__(self, client: httpx.AsyncClient | None) -> None:
        self._client = client

    async def distributor(self, distributor_id: UUID, token: str) -> Place | None:
        """The distributor, None if there is none; Unavailable (`place_unknown_yet`) if nobody can tell."""
        return await self._place(f"/v1/distributors/{distributor_id}", distributor_id, token)

    async def unit(self, unit_id: UUID, token: str) -> Place | None:
        """As `distributor`, for an org unit."""
        return await self._place(f"/v1/org-units/{unit_id}", unit_id, token)

    async def part(self, kind: Kind, token: str, cursor: str | None = None) -> Part:
        """The next places of a whole tree; Unavailable if it cannot be read now."""
        params = {"limit": _PAGE, "sort": "created_at", **({} if cursor is None else {"cursor": cursor})}
        part = _read(await self._ask(f"/v1/{kind}", token, params), _part)
        if part is None:
            raise _unknown_yet()
        return part

    async def _place(self, path: str, place_id: UUID, token: str) -> Place | None:
        response = await self._ask(path, token)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        place = _read(response, from_answer)
        if place is None or place.id != place_id:
            raise _unknown_yet()
        return place

    async def _ask(self, path: str, token: str, params: Mapping[str, Any] | None = None) -> httpx.Response:
        if self._client is None:
            raise _unknown_yet()
        try:
            async with asyncio.timeout(_SECONDS):
                headers = {HEADER: token, INNER: "1"}
                return await self._client.get(path, params=params, headers=headers, timeout=_PHASES)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise _unknown_yet() from error


def _part(answer: Mapping[str, Any]) -> Part:
    return Part([from_answer(each) for each in answer["data"]], answer["page"]["next_cursor"])


def _read(response: httpx.Response, reading: Callable[[Any], Read]) -> Read | None:
    if response.status_code != httpx.codes.OK:
        return None
    try:
        return reading(response.json())
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _unknown_yet() -> Unavailable:
    return Unavailable(
        "place_unknown_yet",
        en="This distributor or org unit is not known here yet. Try again shortly.",
        zh="该经销商或组织单元尚未同步，请稍后重试。",
    )
