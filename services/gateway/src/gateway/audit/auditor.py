"""Asking every service's audit at once, in the name of who asks."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.audit.clients import Audit, AwayError
from gateway.audit.domain import SERVICES, Copy, Page, copies_in, judged, merged
from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.problems import Unavailable
from shared.usage import INNER

TokenFor = Callable[[Principal, str], Awaitable[str]]
_AWAY: Any = object()


@dataclass(frozen=True, slots=True)
class Asker:
    """In whose name it is asked, and the headers to pass on."""

    principal: Principal
    carried: Mapping[str, str]


class Auditor:
    """Asks in the caller's name; each service gets its own internal token."""

    def __init__(self, audits: Mapping[str, Audit], token_for: TokenFor) -> None:
        self._audits = audits
        self._token_for = token_for

    async def entries(
        self, asker: Asker, services: Collection[str], query: Mapping[str, str], *, limit: int
    ) -> tuple[Page, dict[str, str]]:
        """The newest entries of these services, and of each whether it answered.

        Raises Unavailable when none did.
        """
        told = {**query, "limit": str(limit)}
        answers = await self._each(asker, dict.fromkeys(services, ""), told)
        pages = {
            service: Page(answer["data"], answer["page"]["has_more"]) for service, answer in answers.items()
        }
        parts = {service: "ok" if service in pages else "unavailable" for service in services}
        return merged(pages, limit), parts

    async def chains(self, asker: Asker) -> list[dict[str, Any]]:
        """How each service's chain stands, by its end and by the copies that the others keep of it.

        Raises Unavailable when no service answered.
        """
        heads = await self._each(asker, dict.fromkeys(SERVICES, "/head"), {})
        copies = [copy for copy in copies_in(heads) if copy.service in heads]
        links = await self._links(asker, copies)
        return [judged(service, heads.get(service), copies, links.get(service, {})) for service in SERVICES]

    async def _links(self, asker: Asker, copies: Collection[Copy]) -> dict[str, dict[int, str | None]]:
        wanted = sorted({(copy.service, copy.number) for copy in copies if copy.number})
        found = await asyncio.gather(
            *(self._ask(asker, service, f"/links/{number}", {}) for service, number in wanted)
        )
        links: dict[str, dict[int, str | None]] = {}
        for (service, number), answer in zip(wanted, found, strict=True):
            there = answer is not None and answer is not _AWAY
            links.setdefault(service, {})[number] = answer["hash"] if there else None
        return links

    async def _each(self, asker: Asker, paths: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
        """The answers of those that gave one."""
        asked = (self._ask(asker, service, path, query) for service, path in paths.items())
        answers = zip(paths, await asyncio.gather(*asked), strict=True)
        found = {service: answer for service, answer in answers if answer not in (None, _AWAY)}
        if not found:
            raise Unavailable("services_unavailable", en="No service answers now.", zh="各服务暂时均不可用。")
        return found

    async def _ask(self, asker: Asker, service: str, path: str, query: Mapping[str, str]) -> Any:
        token = await self._token_for(asker.principal, service)
        try:
            return await self._audits[service].ask(path, query, {**asker.carried, HEADER: token, INNER: "1"})
        except AwayError:
            return _AWAY
