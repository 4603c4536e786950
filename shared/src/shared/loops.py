"""The work of a process that never ends: named loops that survive failures, and tell when one is dead."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from shared.telemetry.logs import where

_log = structlog.get_logger()

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
DRAIN_SECONDS = 15.0


def must_end(error: BaseException) -> bool:
    """Whether this failure may not be survived: the task is being cancelled, or the process is to stop.

    A `CancelledError` alone does not say so: libraries let their own escape when a connection breaks.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        return True
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)


class Pauses:
    """Growing pauses between failures, in seconds; a success starts them anew."""

    def __init__(self, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def reset(self) -> None:
        """The last try went well."""
        self._next = self._first

    async def wait(self) -> None:
        """Wait before the next try."""
        pause, self._next = self._next, min(self._next * 2, self._longest)
        await asyncio.sleep(pause)


def report(loop: str, error: BaseException) -> None:
    """Log a loop's failure: its class and place, never its words, which may hold values."""
    _log.warning("loop failed", loop=loop, error=type(error).__name__, where=where(error.__traceback__))


@dataclass
class _Loop:
    task: asyncio.Task[None]
    drains: bool
    bell: asyncio.Event = field(default_factory=asyncio.Event)


class Loops:
    """The loops of one service.

    Readiness asks `alive()`; the process ends itself when `died()` returns. A loop that returns or raises is
    dead and stays so: starting it again here would hide what no pause could heal.
    """

    def __init__(self) -> None:
        self._loops: dict[str, _Loop] = {}
        self._stopping = False
        self._dead: asyncio.Event = asyncio.Event()
        self._first_dead = ""

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run what loops by itself until it is cancelled."""
        self._add(name, run(), drains=False, bell=asyncio.Event())

    def repeat(
        self,
        name: str,
        step: Callable[[], Awaitable[object]],
        *,
        every: float,
        bell: asyncio.Event | None = None,
    ) -> None:
        """Do a step when the bell rings and every so many seconds, forgiving each failure after a pause.

        One loop per bell: each clears it before its step.
        """
        bell = bell or asyncio.Event()
        self._add(name, self._repeat(name, step, every, bell), drains=True, bell=bell)

    def alive(self) -> dict[str, bool]:
        """Each loop by name, and whether it still runs."""
        return {name: not loop.task.done() for name, loop in self._loops.items()}

    async def died(self) -> str:
        """Wait until a loop is dead without having been stopped; returns its name."""
        await self._dead.wait()
        return self._first_dead

    async def stop(self, drain: float = DRAIN_SECONDS) -> None:
        """Let steps in progress end for so many seconds, then cancel what is left."""
        self._stopping = True
        for loop in self._loops.values():
            loop.bell.set()
            if not loop.drains:
                loop.task.cancel()
        tasks = [loop.task for loop in self._loops.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=drain)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _add(self, name: str, run: Awaitable[None], *, drains: bool, bell: asyncio.Event) -> None:
        if name in self._loops:
            raise ValueError(f"there is a loop {name} already")

        async def running() -> None:
            await run

        task = asyncio.create_task(running(), name=name)
        task.add_done_callback(self._ended)
        self._loops[name] = _Loop(task, drains, bell)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if self._stopping:
            return
        _log.error("loop dead", loop=task.get_name(), error=type(error).__name__)
        self._first_dead = self._first_dead or task.get_name()
        self._dead.set()

    async def _repeat(
        self, name: str, step: Callable[[], Awaitable[object]], every: float, bell: asyncio.Event
    ) -> None:
        pauses = Pauses()
        while not self._stopping:
            bell.clear()
            try:
                await step()
            except BaseException as error:
                if must_end(error):
                    raise
                report(name, error)
                await pauses.wait()
            else:
                pauses.reset()
                await _heard(bell, every)


async def _heard(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
