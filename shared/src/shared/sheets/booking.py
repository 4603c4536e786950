"""Workbooks that leave: made by a process of their own, in a folder that goes with them."""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

from shared.problems import Problem

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SECONDS = 900
_PIECE = 256 * 1024
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@asynccontextmanager
async def workbook(chunks: AsyncGenerator[Iterable[list[str]], None]) -> AsyncIterator[Path]:
    """A workbook of these rows, the header first; it is there until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            "shared.sheets.bookmaking",
            str(path),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            env={},
        )
        try:
            async with asyncio.timeout(_SECONDS):
                await _fed(process, chunks)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            raise _failed() from None
        finally:
            await buried(process)
        yield path


async def _fed(process: Process, chunks: AsyncGenerator[Iterable[list[str]], None]) -> None:
    if process.stdin is None:
        raise ValueError("the process has no input")
    async with aclosing(chunks):
        async for rows in chunks:
            process.stdin.write("".join(f"{_encode(row)}\n" for row in rows).encode())
            await process.stdin.drain()
    process.stdin.close()
    await process.stdin.wait_closed()
    if await process.wait() != 0:
        raise _failed()


async def all_of(stream: asyncio.StreamReader | None) -> AsyncIterator[bytes]:
    """What a process writes, to the end."""
    while stream is not None and (piece := await stream.read(_PIECE)):
        yield piece


async def buried(process: Process) -> None:
    """The process is at its end, whatever it was doing."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    # It only counts as ended when nobody has anything left to read of it.
    for stream in (process.stdout, process.stderr):
        async for _ in all_of(stream):
            pass
    await process.wait()


def _failed() -> Problem:
    return Problem("workbook_not_made", en="The workbook could not be made.", zh="无法生成工作簿。")
