"""Where the bytes of files are: behind one protocol, in a folder or in a store that speaks S3 (ADR 24)."""

from collections.abc import AsyncIterator
from typing import Protocol
from uuid import UUID


class ObjectStore(Protocol):
    """Objects by id. Whatever keeps them, an object is there whole or not at all.

    All raise OSError when the store cannot be reached or does not do what it is asked.
    """

    async def put(self, key: UUID, chunks: AsyncIterator[bytes]) -> None:
        """Keep these bytes, durably once this returns; what `chunks` raises leaves nothing to be read."""
        ...

    def read(self, key: UUID) -> AsyncIterator[bytes]:
        """The bytes in order; OSError, before the first of them, for an object that is not there."""
        ...

    async def delete(self, key: UUID) -> None:
        """Be without the object, and without what a broken off `put` of it left; as often as one likes."""
        ...
