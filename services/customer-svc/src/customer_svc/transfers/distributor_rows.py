"""Distributors as rows tell of them, and the storing of a chunk of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from customer_svc.batch import Outcome
from customer_svc.changes import differences
from customer_svc.distributors import queries
from customer_svc.distributors.commands import create_distributor
from customer_svc.distributors.domain import unknown_distributor
from customer_svc.distributors.schemas import DistributorCreate
from shared.db import Tx
from shared.http.types import Code
from shared.problems import Conflict, Problem

_LISTS = ("territory", "product_lines")
_PARTS = re.compile("[;|；]")


class DistributorRow(DistributorCreate):
    """A distributor whose parent is named by its code."""

    parent_code: Code | None = None


def read_distributor(given: dict[str, Any]) -> DistributorRow:
    """The distributor of a row; ValidationError if it is none."""
    for name in _LISTS:
        if name in given:
            given[name] = [part for part in map(str.strip, _PARTS.split(given[name])) if part]
    return DistributorRow.model_validate(given)


async def load_distributors(tx: Tx, rows: Sequence[DistributorRow]) -> list[Outcome]:
    """Enter the distributors of a chunk, each with its event; a parent may stand in an earlier row.

    `unchanged` is one that is there with all that is said of it, `duplicate` one whose code is there with
    other content.
    """
    return [await _entered(tx, row) for row in rows]


async def _entered(tx: Tx, row: DistributorRow) -> Outcome:
    codes = [code for code in (row.code, row.parent_code) if code is not None]
    known = await queries.ids_by_code(tx, codes)
    said: dict[str, Any] = row.model_dump(exclude_unset=True, exclude={"parent_code"})
    if row.parent_code is not None:
        if row.parent_code not in known or row.parent_code == row.code:
            return Outcome("problem", problem=unknown_distributor("/parent_code"))
        said["parent_id"] = known[row.parent_code]
    if row.code in known:
        return _compared(await queries.distributor(tx, known[row.code]), said)
    try:
        async with tx.savepoint():
            made = await create_distributor(tx, DistributorCreate.model_validate(said))
    except Problem as problem:
        return Outcome("problem", problem=problem)
    return Outcome("created", made["id"])


def _compared(there: Mapping[str, Any], said: Mapping[str, Any]) -> Outcome:
    if not differences(there, said):
        return Outcome("unchanged", there["id"])
    taken = Conflict(
        "distributor_exists",
        en="There is a distributor with this code and other content.",
        zh="已有相同代码但内容不同的经销商。",
    )
    return Outcome("duplicate", there["id"], taken)
