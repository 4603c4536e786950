"""When a key was last used: noted at the check, written by a loop, for each key once a minute at most."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, func, or_, update

from gateway.api_keys.tables import ApiKey
from shared.db import Database, prepare
from shared.loops import every

_WRITE_SECONDS = 5.0
_table = ApiKey.__table__  # type: ignore[attr-defined]
_MOMENT = DateTime(timezone=True)
_used = func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("moments", type_=ARRAY(_MOMENT)))
_given = _used.table_valued("id", "used_at", name="given").render_derived()
_WRITE = prepare(
    update(_table)
    .values(last_used_at=_given.c.used_at)
    .where(
        _table.c.id == _given.c.id,
        or_(
            _table.c.last_used_at.is_(None),
            _table.c.last_used_at <= _given.c.used_at - timedelta(minutes=1),
        ),
    )
)


class Uses:
    """Noting costs one entry in memory; what is noted is written every few seconds and when the loop ends.

    A use within a minute after the last one written adds nothing: the time kept is true to the minute.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[UUID, datetime] = {}

    def note(self, key: UUID, at: datetime) -> None:
        """This key was used now."""
        self._noted[key] = at

    async def write(self) -> None:
        """Write down what was noted; what fails is noted still."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            async with self._database.begin() as tx:
                await tx.run(_WRITE, ids=list(noted), moments=list(noted.values()))
        except BaseException:
            self._noted = {**noted, **self._noted}
            raise

    async def run(self) -> None:
        """The loop."""
        try:
            await every(_WRITE_SECONDS, self.write)()
        finally:
            await self.write()
