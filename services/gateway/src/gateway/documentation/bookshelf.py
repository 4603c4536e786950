"""The bookshelf: documents and files prepared once and handed out many times."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.documentation import domain, events_page, pages
from gateway.documentation.pages import Asset
from gateway.documentation.sources import Documents
from shared.contract import asyncapi
from shared.events import published
from shared.http.openapi import CONSUMES

_JSON = "application/json"
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Volume:
    """What was made from one set of documents."""

    merged: Asset
    events: Asset
    events_page: Asset
    by_service: Mapping[str, Asset] = field(default_factory=dict)


class Bookshelf:
    """Prepares what it hands out again only when a service's document changed."""

    def __init__(self, documents: Documents, *, version: str) -> None:
        self._documents = documents
        self._version = version
        self._made_from: Any = None
        self._made: Volume | None = None
        self._files: dict[str, Asset] = {}
        self._known = pages.known_files()
        self._making = asyncio.Lock()

    async def merged(self) -> Asset:
        """The OpenAPI document of all services that have told theirs."""
        return (await self._prepared()).merged

    async def one(self, service: str) -> Asset | None:
        """The OpenAPI document of one service."""
        return (await self._prepared()).by_service.get(service)

    async def services(self) -> list[str]:
        """The services whose documents are there."""
        return list((await self._prepared()).by_service)

    async def events(self) -> Asset:
        """The AsyncAPI document."""
        return (await self._prepared()).events

    async def events_page(self) -> Asset:
        """The page about events."""
        return (await self._prepared()).events_page

    def file(self, name: str) -> Asset | None:
        """A static file; None when there is no such file of ours."""
        if name not in self._files and name in self._known:
            self._files[name] = pages.asset(self._known[name].read_bytes(), pages.media_type(name))
        return self._files.get(name)

    async def _prepared(self) -> Volume:
        async with self._making:
            documents = await self._documents.all()
            if self._made is None or documents is not self._made_from:
                told = {name: document for name, document in documents.items() if document}
                self._made = await asyncio.to_thread(_made, told, self._version)
                self._made_from = documents
        return self._made


def _made(documents: Mapping[str, domain.Document], version: str) -> Volume:
    events = events_of(documents, version=version)
    return Volume(
        merged=_json(domain.merged(documents, version=version)),
        events=_json(events),
        events_page=pages.asset(events_page.page(events), _HTML),
        by_service={name: _json(domain.readable(name, each)) for name, each in documents.items()},
    )


def events_of(documents: Mapping[str, domain.Document], *, version: str) -> dict[str, Any]:
    """The AsyncAPI document; who hears what stands in the services' OpenAPI documents."""
    heard = {name: document.get(CONSUMES, ()) for name, document in documents.items()}
    return asyncapi.described(published(), heard, version=version)


def _json(document: domain.Document) -> Asset:
    return pages.asset(domain.as_bytes(document), _JSON)
