"""The journal of one process: takes what is to be audited, writes and seals it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import Final

import structlog
from sqlalchemy import insert

from shared.audit import chain, metrics, orphans
from shared.audit.chain import Head, Keys, Mark
from shared.audit.entries import COLUMNS, Entry
from shared.audit.readings import Reading, entries_of
from shared.audit.tables import AuditEntry
from shared.audit.tally import Tally
from shared.db import Database, Tx, prepare
from shared.loops import Loops, Rarely
from shared.problems import Unavailable
from shared.sealing import Sealer

BELL: Final = "audit"
TOGETHER_SECONDS: Final = 0.2
MOST_HELD: Final = 50_000
"""So many reads and ids that they name wait at most; then no more reads are allowed."""
MOST_AT_ONCE: Final = 2000
ADDRESS: Final = "audit address"

_ROW = (*COLUMNS, "mac")
_SWEEP_SECONDS = 60
_TALLY_SECONDS = 60
_LOOKED_BACK = timedelta(minutes=10)
_WRITE_SECONDS = 30
_log = structlog.get_logger()
_table = AuditEntry.metadata.tables["audit_entry"]
_INSERT = prepare(insert(_table), *_ROW)


class Journal:
    """A change's entry is written in its own transaction, and sealed soon after the commit.

    Reads and refusals wait in memory for at most a fifth of a second before they are written and sealed
    together. A process that is killed loses those, and never a change's entry: it is found and sealed by the
    next sweep of any process. When reads cannot be written, no more are allowed.
    """

    def __init__(self, service: str, database: Database, sealer: Sealer) -> None:
        self._labels = {"service": service}
        self._database = database
        self._bell = database.signal(BELL)
        self.keys = Keys.of(sealer)
        self.address = lru_cache(maxsize=4096)(partial(_sealed_address, sealer))
        self._readings: list[Reading] = []
        self._held = 0
        self._waiting: list[tuple[Entry, Mark]] = []
        self._committed: list[Mark] = []
        self._tally = Tally()
        self._settling = Rarely(seconds=_TALLY_SECONDS)
        self._sweeping = Rarely(seconds=_SWEEP_SECONDS)
        self._swept: datetime | None = None
        self._writing = asyncio.Lock()
        self._in_doubt = False
        self._last = Head()

    def run_in(self, loops: Loops) -> None:
        """Write and seal what comes, a fifth of a second after the first of it."""
        loops.repeat("audit", self._round, every=_SWEEP_SECONDS, bell=self._bell)

    def change(self, tx: Tx, entry: Entry) -> None:
        """Have the entry written with the change: neither is there without the other."""
        mark = self.keys.mark(entry)
        row = dict(zip(_ROW, (*entry, mark.mac), strict=True))
        tx.before_commit(lambda _: (_INSERT, row))
        tx.after_commit(partial(self._seal_soon, mark))

    def admit(self) -> None:
        """Raise Unavailable when a read could not be written down."""
        if self._held >= MOST_HELD:
            raise Unavailable(
                "audit_unavailable",
                en="Reads of personal data cannot be recorded now. Try again shortly.",
                zh="暂时无法记录个人信息的读取，请稍后重试。",
            )

    def read(self, reading: Reading) -> None:
        """Have a read written soon."""
        if not self._readings:
            self._bell.set()
        self._readings.append(reading)
        self._held += 1 + len(reading.subjects)

    def refusal(self, entry: Entry) -> None:
        """Count a refusal; the first of its kind in a minute is written soon."""
        told = self._tally.told(entry)
        if told is not None:
            self._write_soon([told])

    def settle(self) -> None:
        """Have written soon how often each kind of refusal came since the last time."""
        self._write_soon(self._tally.settled(self._database.now()))

    async def flush(self) -> None:
        """Write and seal everything that waits; what cannot be written stays for the next time."""
        async with self._writing:
            self._gather()
            while self._waiting or self._committed:
                await self._write()
            self._held = sum(1 + len(each.subjects) for each in self._readings)
            metrics.waiting.set(len(self._readings), self._labels)

    async def close(self) -> None:
        """Write what still waits, and the counts of refusals; a database that is away cannot hold this up."""
        self.settle()
        try:
            await self.flush()
        except Exception as error:  # noqa: BLE001 - nothing may keep a process from ending
            _log.error("audit not written", error=type(error).__name__, entries=len(self._waiting))

    async def sweep(self) -> int:
        """Seal what a process left behind that was killed between its commit and the sealing; how many."""
        async with self._writing, self._database.begin(timeout=_WRITE_SECONDS) as tx:
            await chain.lock(tx)
            before = await chain.head(tx)
            found = await orphans.find(tx, self.keys, since=self._swept or orphans.first_look(before))
            self._last = await chain.append(tx, self.keys, before, found.sound)
            if not found.more:
                self._swept = tx.now - _LOOKED_BACK
        metrics.sealed.add(len(found.sound), self._labels)
        if found.forged:
            metrics.forged.add(found.forged, self._labels)
            _log.error("audit entries are not ours", entries=found.forged)
        return len(found.sound)

    async def _round(self) -> None:
        await asyncio.sleep(TOGETHER_SECONDS)  # what comes in this time is written together
        if self._settling.due():
            self.settle()
        await self.flush()
        if self._sweeping.due():
            await self.sweep()

    def _seal_soon(self, mark: Mark) -> None:
        self._committed.append(mark)
        self._bell.set()

    def _write_soon(self, entries: Sequence[Entry]) -> None:
        if entries:
            self._waiting.extend((entry, self.keys.mark(entry)) for entry in entries)
            self._bell.set()

    def _gather(self) -> None:
        readings, self._readings = self._readings, []
        self._waiting.extend((entry, self.keys.mark(entry)) for entry in entries_of(readings))
        metrics.waiting.set(len(self._waiting), self._labels)

    async def _write(self) -> None:
        waiting, committed = self._waiting[:MOST_AT_ONCE], self._committed[:MOST_AT_ONCE]
        doubtful, self._in_doubt = self._in_doubt, True  # until the commit is known
        async with self._database.begin(timeout=_WRITE_SECONDS) as tx:
            head = await self._written(tx, waiting, committed, doubtful=doubtful)
        self._in_doubt, self._last = False, head
        del self._waiting[: len(waiting)], self._committed[: len(committed)]
        metrics.sealed.add(len(waiting) + len(committed), self._labels)

    async def _written(
        self, tx: Tx, waiting: Sequence[tuple[Entry, Mark]], committed: Sequence[Mark], *, doubtful: bool
    ) -> Head:
        there = await chain.written(tx, [mark.id for _, mark in waiting]) if doubtful else set()
        rows = [(*entry, mark.mac) for entry, mark in waiting if mark.id not in there]
        if rows:
            await tx.copy("audit_entry", _ROW, rows)
        await chain.lock(tx)
        before = await chain.head(tx)
        self._compare(before)
        marks = [*committed, *(mark for _, mark in waiting)]
        if doubtful or orphans.may_be_swept(marks, tx.now):
            marks = await chain.unsealed(tx, marks)
        return await chain.append(tx, self.keys, before, marks)

    def _compare(self, found: Head) -> None:
        """The chain only grows: one that is shorter than this process left it was cut."""
        last = self._last
        if found.number < last.number or (found.number == last.number and found.hash != last.hash):
            metrics.cut.add(1, self._labels)
            _log.error("audit chain was cut", was=last.number, found=found.number)


def _sealed_address(sealer: Sealer, address: str) -> bytes:
    """Sealed so that it can be searched for; nothing for what is no address."""
    try:
        return sealer.seal_alike(ADDRESS, ip_address(address).packed)
    except ValueError:
        return b""
