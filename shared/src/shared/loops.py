"""The work of a process that never ends: named loops that survive failures, and tell when one is dead."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import structlog

from shared.telemetry.logs import where

_log = structlog.get_logger()

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
DRAIN_SECONDS = 15.0

Loop = Callable[[], Awaitable[None]]
Step = Callable[[], Coroutine[Any, Any, object]]


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


class Rarely:
    """Says yes at most once in so many seconds, for what a busy loop does on the side."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._last = float("-inf")

    def due(self) -> bool:
        """Whether it is time again; saying yes begins the next wait."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


def report(loop: str, error: BaseException) -> None:
    """Log a loop's failure: its class and place, never its words, which may hold values."""
    _log.warning("loop failed", loop=loop, error=type(error).__name__, where=where(error.__traceback__))


async def to_its_end(step: Coroutine[Any, Any, object]) -> None:
    """Do something that the first cancellation lets end, and only the second breaks off."""
    task = asyncio.create_task(step)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await task
        raise


def every(seconds: float, step: Step, *, bell: asyncio.Event | None = None, gathering: float = 0.0) -> Loop:
    """A loop that does a step now, then whenever the bell rings, and at the latest after so many seconds.

    A failing step is forgiven after a growing pause. Cancelled once, the loop ends after the step in
    progress; cancelled twice, at once. A bell has one loop: each clears it before its step. When it rang
    during the step, `gathering` seconds pass before the next: where much comes in, fewer steps take more.
    """
    return partial(_repeat, step, seconds, bell or asyncio.Event(), gathering)


class Loops:
    """The loops of one service.

    Readiness asks `alive()`; the process ends itself when `died()` returns. A loop that returns or raises
    is dead and stays so: starting it again here would hide what no pause could heal.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._dead = asyncio.Event()
        self._stopping = False

    def start(self, name: str, run: Loop) -> None:
        """Run a loop until `stop`."""
        if name in self._tasks:
            raise ValueError(f"there is a loop {name} already")

        async def running() -> None:
            await run()

        task = self._tasks[name] = asyncio.create_task(running(), name=name)
        task.add_done_callback(self._ended)

    def repeat(self, name: str, step: Step, *, every: float, bell: asyncio.Event | None = None) -> None:
        """Start `every(...)` of this step."""
        self.start(name, partial(_repeat, step, every, bell or asyncio.Event()))

    def alive(self) -> dict[str, bool]:
        """Each loop by name, and whether it still runs."""
        return {name: not task.done() for name, task in self._tasks.items()}

    async def died(self) -> None:
        """Wait until a loop is dead that was not stopped."""
        await self._dead.wait()

    async def stop(self, drain: float = DRAIN_SECONDS) -> None:
        """Cancel every loop, and again what has not ended after so many seconds; then all can be started."""
        self._stopping = True
        tasks = list(self._tasks.values())
        for _ in range(2):
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=drain)
        self._tasks.clear()
        self._stopping = False

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if not self._stopping:
            _log.error("loop dead", loop=task.get_name(), error=type(error).__name__)
            self._dead.set()


async def _repeat(step: Step, seconds: float, bell: asyncio.Event, gathering: float = 0.0) -> None:
    pauses = Pauses()
    while True:
        bell.clear()
        try:
            await to_its_end(step())
        except BaseException as error:
            if must_end(error):
                raise
            report(_name(), error)
            await pauses.wait()
        else:
            pauses.reset()
            await (asyncio.sleep(gathering) if bell.is_set() else _ring(bell, seconds))


def _name() -> str:
    task = asyncio.current_task()
    return task.get_name() if task else "loop"


async def _ring(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
