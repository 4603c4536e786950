"""The bookshelf: documents and files prepared once and handed out many times."""

import asyncio
from typing import Any

from gateway.documentation import domain, pages
from gateway.documentation.pages import Asset
from gateway.documentation.sources import Documents

_JSON = "application/json"


class Bookshelf:
    """Prepares the merged document and each service's again only when a service's document changed."""

    def __init__(self, documents: Documents, *, version: str) -> None:
        self._documents = documents
        self._version = version
        self._made_from: Any = None
        self._made: dict[str, Asset] = {}
        self._files: dict[str, Asset] = {}
        self._known = pages.known_files()
        self._making = asyncio.Lock()

    async def merged(self) -> Asset:
        """The document of all services that have told theirs."""
        return (await self._prepared())[""]

    async def one(self, service: str) -> Asset | None:
        """The document of one service."""
        return (await self._prepared()).get(service) if service else None

    async def services(self) -> list[str]:
        """The services whose documents are there."""
        return [name for name in await self._prepared() if name]

    def file(self, name: str) -> Asset | None:
        """A static file; None when there is no such file of ours."""
        if name not in self._files and name in self._known:
            self._files[name] = pages.asset(self._known[name].read_bytes(), pages.media_type(name))
        return self._files.get(name)

    async def _prepared(self) -> dict[str, Asset]:
        async with self._making:
            documents = await self._documents.all()
            if documents is not self._made_from:
                told = {name: document for name, document in documents.items() if document}
                self._made = await asyncio.to_thread(_made, told, self._version)
                self._made_from = documents
        return self._made


def _made(documents: dict[str, domain.Document], version: str) -> dict[str, Asset]:
    everything = domain.merged(documents, version=version)
    made = {"": pages.asset(domain.as_bytes(everything), _JSON)}
    for name, document in documents.items():
        made[name] = pages.asset(domain.as_bytes(domain.readable(name, document)), _JSON)
    return made
