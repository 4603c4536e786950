"""A file imported over the API: sent as it is written, then watched until its operation ends."""

import asyncio
from collections.abc import Callable
from typing import IO, Any

import httpx

from tonglu_local.demo.api import Api, DemoError, checked
from tonglu_local.demo.bars import Bar

_LOOK_SECONDS = 0.2
_ATTEMPTS = 3
_GONE = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})


async def imported(api: Api, entity: str, content: Callable[[], IO[bytes]], bar: Bar) -> dict[str, Any]:
    """The operation that succeeded.

    The same file under the same key is the same operation, also after a restart; one that failed is not
    begun again by its key, so each attempt has its own.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        answer = await api.upload(
            "/v1/imports", {"entity": entity}, f"{entity}.csv", content, key=f"demo-{entity}-{attempt}"
        )
        checked(answer)
        operation = await _ended(api, answer.headers["location"], bar)
        if operation is not None and operation["status"] == "succeeded":
            bar.full()
            return operation
    raise DemoError(f"the import of the {entity} does not succeed")


async def _ended(api: Api, location: str, bar: Bar) -> dict[str, Any] | None:
    """The operation in its final state; None when it is no longer known."""
    while True:
        answer = await api.ask("GET", location)
        if answer.status_code in _GONE:
            return None
        operation: dict[str, Any] = checked(answer)
        bar.at(operation["done"], operation["total"])
        if operation["finished_at"] is not None:
            return operation
        await asyncio.sleep(_LOOK_SECONDS)
