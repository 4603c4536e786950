"""Live streams of the inbox: two looks at the database a second for all, none while nobody listens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from notify_svc.inbox import queries
from notify_svc.inbox.commands import BELL
from notify_svc.inbox.domain import UNASSIGNED, Position
from shared.db import EVERYTHING, Database, Record, Scope
from shared.loops import every
from shared.problems import Problem

_LOOK_SECONDS = 0.5
_LONGEST_SECONDS = 900.0


class Listener:
    """One open stream: whose boxes it reads through which scope, how far it got, and the bell for more."""

    def __init__(self, boxes: Sequence[UUID], position: Position, scope: Scope) -> None:
        self.boxes = boxes
        self.position = position
        self.scope = scope
        self.newest: dict[UUID, int] = {}
        self.bell = asyncio.Event()
        self.over = False

    def lacks(self, newest: dict[UUID, int]) -> bool:
        """Whether a box holds more than this stream has seen."""
        return any(newest.get(box, 0) > self._seen(box) for box in self.boxes)

    def pass_over(self, newest: dict[UUID, int]) -> None:
        """Go on behind these numbers: what is not read up to them is out of sight."""
        for box in self.boxes:
            self.position = self.position.after(box, newest.get(box, 0))

    def _seen(self, box: UUID) -> int:
        return self.position.queue if box == UNASSIGNED else self.position.own

    def end(self) -> None:
        """Have the stream end at its next step."""
        self.over = True
        self.bell.set()


class Feed:
    """The listeners of this process. `leaving` says that the process is about to end."""

    def __init__(self, database: Database, *, leaving: Callable[[], bool] = lambda: False) -> None:
        self._database = database
        self._leaving = leaving
        self._listeners: set[Listener] = set()
        self._closed = False

    async def run(self) -> None:
        """Ring the listeners whose boxes grew: at once after a delivery here, else half a second on.

        Ends every stream when the process leaves, and when this loop is cancelled.
        """
        self._closed = False
        try:
            await every(_LOOK_SECONDS, self._look, bell=self._database.signal(BELL))()
        finally:
            self._closed = True
            self._end_all()

    async def _look(self) -> None:
        if self._leaving():
            self._end_all()
        boxes = {box for listener in self._listeners for box in listener.boxes}
        if not boxes:
            return
        async with self._database.read() as reader:
            newest = await queries.last_numbers(reader, sorted(boxes))
        for listener in self._listeners:
            if listener.lacks(newest):
                listener.newest = newest
                listener.bell.set()

    def _end_all(self) -> None:
        for listener in self._listeners:
            listener.end()

    @contextmanager
    def listening(
        self, boxes: Sequence[UUID], position: Position, scope: Scope = EVERYTHING
    ) -> Iterator[Listener]:
        """A listener for as long as the block lasts; one that is over already when the process is leaving."""
        listener = Listener(boxes, position, scope)
        if self._closed or self._leaving():
            listener.end()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def start_of(self, boxes: Sequence[UUID]) -> Position:
        """The position behind everything that lies in these boxes now."""
        async with self._database.read() as reader:
            newest = await queries.last_numbers(reader, boxes)
        return Position(newest.get(boxes[0], 0), newest.get(UNASSIGNED, 0))

    async def items(
        self, boxes: Sequence[UUID], position: Position, scope: Scope = EVERYTHING
    ) -> AsyncIterator[tuple[Record, Position]]:
        """Every item in sight beyond a position as it comes, each with the position behind it.

        Holds no connection while it waits. Ends when the process leaves, when the database is away, and
        after a quarter of an hour, so that a reader's rights are looked at again when it reconnects.
        """
        ending = asyncio.get_running_loop().time() + _LONGEST_SECONDS
        with self.listening(boxes, position, scope) as listener:
            while not listener.over:
                listener.bell.clear()
                newest, rows = listener.newest, await self._more(listener)
                for row in rows:
                    listener.position = listener.position.after(row["recipient_id"], row["number"])
                    yield row, listener.position
                if len(rows) == queries.MOST_AT_ONCE:
                    listener.bell.set()
                else:
                    listener.pass_over(newest)
                if not await _rung(listener.bell, until=ending):
                    return

    async def _more(self, listener: Listener) -> list[Record]:
        try:
            async with self._database.read(listener.scope) as reader:
                return await queries.items_after(reader, listener.boxes, listener.position)
        except Problem:
            listener.end()
            return []


async def _rung(bell: asyncio.Event, *, until: float) -> bool:
    try:
        async with asyncio.timeout_at(until):
            await bell.wait()
    except TimeoutError:
        return False
    return True
