"""Where all use comes together: reports, services of this process, and refusals at the door."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from gateway.limits.warden import Client, Warden
from gateway.usage import commands, domain
from gateway.usage.domain import Counts
from shared.db import Database
from shared.loops import Rarely, every
from shared.usage import Tally, Use
from shared.usage.reports import REPORT_SECONDS

_WRITE_SECONDS = 2.0
_FORGET_SECONDS = 6 * 3600.0


class Collector:
    """Hands use on to the limits at once, and writes it down in batches.

    `counted` says that the edge in this process counted every request of `tallies` against its limit already.
    """

    def __init__(
        self, database: Database, warden: Warden, tallies: Sequence[Tally], *, counted: bool
    ) -> None:
        self._database = database
        self._warden = warden
        self._tallies = tallies
        self._counted = counted
        self._unwritten: dict[tuple[UUID, datetime], Counts] = {}
        self._writing = Rarely(seconds=_WRITE_SECONDS)
        self._forgetting = Rarely(seconds=_FORGET_SECONDS)

    def hear(self, uses: Iterable[Use]) -> None:
        """Take in what a service reports."""
        for use in uses:
            self._warden.charge(Client(use.credential, use.roles), use.calls)
            self._note(use)

    def gather(self) -> None:
        """Take in what was counted in this process."""
        for tally in self._tallies:
            uses = tally.take()
            if self._counted:
                for use in uses:
                    self._note(use)
            else:
                self.hear(uses)
        refused = self._warden.take_refused()
        for client, count in refused.items():
            kind = "staff" if client.roles else "partner"
            self._add(client.credential, Counts(kind, limited=count))

    async def write(self) -> None:
        """Write down what came together; what fails is kept for the next time."""
        self.gather()
        unwritten, self._unwritten = self._unwritten, {}
        if not unwritten:
            return
        try:
            async with self._database.begin() as tx:
                await commands.add(tx, unwritten)
        except BaseException:
            for (credential, hour), counts in unwritten.items():
                self._add(credential, counts, hour)
            raise

    async def run(self) -> None:
        """The loop; what was used until the end is written."""
        try:
            await every(REPORT_SECONDS, self._round)()
        finally:
            await self.write()

    async def _round(self) -> None:
        self.gather()
        if self._writing.due():
            await self.write()
        if self._forgetting.due():
            async with self._database.begin() as tx:
                await commands.forget(tx, self._database.now() - domain.KEPT)

    def _note(self, use: Use) -> None:
        now = self._database.now()
        counts = Counts(use.kind, use.calls, use.client_errors, use.server_errors, last_at=now)
        self._add(use.credential, counts)

    def _add(self, credential: UUID, counts: Counts, hour: datetime | None = None) -> None:
        place = (credential, hour or domain.hour_of(self._database.now()))
        known = self._unwritten.get(place)
        if known is None:
            self._unwritten[place] = counts
        else:
            known.add(counts)
