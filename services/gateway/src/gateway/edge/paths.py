"""The routing table kept in step with the published documents."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.edge.domain import GATEWAY, PAGE, PAGES, Owned, RouteTable, owned_paths

Documents = Mapping[str, Mapping[str, Any] | None]
"""OpenAPI documents by service; None while a service has not told its own yet."""


class Paths:
    """Compiles the table again only when the documents are other ones."""

    def __init__(self, documents: Callable[[], Awaitable[Documents]]) -> None:
        self._documents = documents
        self._compiled_from: Documents | None = None
        self._table = RouteTable(())

    async def table(self) -> RouteTable:
        """The table of this moment."""
        documents = await self._documents()
        if documents is not self._compiled_from:
            self._table = compiled(documents)
            self._compiled_from = documents
        return self._table


def compiled(documents: Documents) -> RouteTable:
    """The routing table of these documents and of the gateway's own pages."""
    owned = [Owned(template, GATEWAY, PAGE) for template in PAGES]
    for service, document in documents.items():
        owned += owned_paths(service, document or {})
    return RouteTable(owned, complete=all(documents.values()))
