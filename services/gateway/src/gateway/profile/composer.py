"""Composing a profile: every question at once, under one deadline."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from gateway.profile.clients import Destination
from gateway.profile.domain import PARTS, Answer, Part
from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.problems import Unavailable, customer_merged, not_found
from shared.usage import INNER

DEADLINE_SECONDS = 2.0
_MISSING = Answer("unavailable")

TokenFor = Callable[[Principal, str], Awaitable[str]]


class Composer:
    """Asks the services in the caller's name; each gets its own internal token."""

    def __init__(self, destinations: Mapping[str, Destination], token_for: TokenFor) -> None:
        self._destinations = destinations
        self._token_for = token_for

    async def profile(
        self, caller: Principal, customer_id: str, carried: Mapping[str, str]
    ) -> dict[str, Any]:
        """The profile, with the state of each part. NotFound if the archive knows no such customer.

        Raises Moved if the customer was merged into another one, Unavailable only when no service at all
        answered. `carried` are headers to pass on.
        """
        deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
        asked = (self._ask(part, caller, customer_id, carried, deadline) for part in PARTS)
        answers = dict(zip((part.name for part in PARTS), await asyncio.gather(*asked), strict=True))
        current = answers["archive"].merged_into
        if current is not None:
            raise customer_merged(UUID(customer_id), UUID(current))
        if answers["archive"].state == "none":
            raise not_found("customer", "客户")
        if all(answer.state == "unavailable" for answer in answers.values()):
            raise Unavailable("services_unavailable", en="No service answers now.", zh="各服务暂时均不可用。")
        values = {name: answer.value for name, answer in answers.items()}
        return {
            "customer": values["archive"],
            "contacts": values["contacts"],
            "orders": {"summary": values["order_summary"], "last": values["orders"]},
            "timeline": values["timeline"],
            "score": values["scoring"],
            "open_complaints": values["complaints"],
            "open_promises": values["promises"],
            "open_reminders": values["reminders"],
            "parts": {name: answer.state for name, answer in answers.items()},
        }

    async def _ask(
        self, part: Part, caller: Principal, customer_id: str, carried: Mapping[str, str], deadline: float
    ) -> Answer:
        destination = self._destinations.get(part.service)
        if destination is None:
            return _MISSING
        token = await self._token_for(caller, part.service)
        headers = {**carried, HEADER: token, INNER: "1"}
        return await destination.ask(part, customer_id, headers, deadline)
