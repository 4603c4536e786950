"""Objects in a folder of this machine, or on a volume that all processes of the service share."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

Found = TypeVar("Found")

READ_BYTES = 256 * 1024
_UNFINISHED = ".part"
_THREADS = 8


class Folder:
    """An object's path is made from its id alone: two levels of folders, so that none gets too full.

    The folder is made when it is first needed. Files can be read by the service's own account only.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        # Threads of its own: whoever waits for a disk must not keep others from resolving a name.
        self._threads = ThreadPoolExecutor(_THREADS, "files")

    async def put(self, key: UUID, chunks: AsyncIterator[bytes]) -> None:
        """Write beside its place, have the disk confirm it, then move it there."""
        path = self._path(key)
        beside = path.with_name(path.name + _UNFINISHED)
        file = await self._do(_begun, self._root, beside)
        try:
            with file:
                async for chunk in chunks:
                    await self._do(file.write, chunk)
                await self._do(_settled, file)
            await self._do(_moved, beside, path)
        except BaseException:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise

    async def read(self, key: UUID) -> AsyncIterator[bytes]:
        """A quarter of a MiB at a time."""
        with await self._do(_opened, self._path(key)) as file:
            while chunk := await self._do(file.read, READ_BYTES):
                yield chunk

    async def delete(self, key: UUID) -> None:
        """The file goes, and an unfinished one beside it."""
        path = self._path(key)
        for each in (path.with_name(path.name + _UNFINISHED), path):
            await self._do(each.unlink, True)  # noqa: FBT003 - it may be missing

    async def _do(self, call: Callable[..., Found], *given: Any) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *given))

    def _path(self, key: UUID) -> Path:
        # The end of an id is random, its beginning a time: all of a day would share one folder.
        name = key.hex
        return self._root / name[-2:] / name[-4:-2] / name


def _begun(root: Path, path: Path) -> BinaryIO:
    for folder in (root, path.parent.parent, path.parent):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=folder == root, exist_ok=True)
            _remembered(folder.parent)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


def _settled(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _moved(beside: Path, path: Path) -> None:
    beside.rename(path)
    _remembered(path.parent)


def _remembered(folder: Path) -> None:
    """Have the disk confirm what is in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
