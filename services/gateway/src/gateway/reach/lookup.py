"""A distributor or an org unit that must be there: as known here or, once, as customer-svc says."""

from uuid import UUID

from gateway.reach import commands, queries
from gateway.reach.clients import Trees
from gateway.reach.domain import Place
from shared.db import Database
from shared.problems import not_found


class Lookup:
    """For callers who may see all of both trees (the company's staff). Never inside a transaction.

    `token` is the caller's internal token for customer-svc. Raises NotFound when there is no such place and
    Unavailable when it is not known here and customer-svc cannot say within a second.
    """

    def __init__(self, database: Database, trees: Trees) -> None:
        self._db = database
        self._trees = trees

    async def distributor(self, distributor_id: UUID, *, token: str) -> Place:
        """The distributor."""
        async with self._db.read() as reader:
            known = await queries.distributor(reader, distributor_id)
        if known is not None:
            return known
        told = await self._trees.distributor(distributor_id, token)
        if told is None:
            raise not_found("distributor", "经销商")
        async with self._db.begin() as tx:
            await commands.keep_distributors(tx, [told])
        return told

    async def unit(self, unit_id: UUID, *, token: str) -> Place:
        """The org unit."""
        async with self._db.read() as reader:
            known = await queries.unit(reader, unit_id)
        if known is not None:
            return known
        told = await self._trees.unit(unit_id, token)
        if told is None:
            raise not_found("org unit", "组织单元")
        async with self._db.begin() as tx:
            await commands.keep_units(tx, [told])
        return told
