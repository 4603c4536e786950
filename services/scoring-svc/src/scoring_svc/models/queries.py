"""Models read."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.models.tables import Model
from shared.db import Reader, Record, prepare
from shared.http import Listing

_T: Any = Model.__table__  # type: ignore[attr-defined]
_SHOWN = (
    "id",
    "status",
    "basis",
    "as_of",
    "horizon_weeks",
    "currency",
    "customers",
    "orders",
    "created_at",
    "retired_at",
)
_CHAMPION = prepare(
    select(_T.c.id, _T.c.currency, _T.c.orders, _T.c.created_at).where(_T.c.status == "champion")
)
_CURRENCY = prepare(select(_T.c.currency).where(_T.c.status == "champion"))
_DOCUMENTS = prepare(select(_T.c.document, _T.c.grids).where(_T.c.id == bindparam("b_id")))
_ONE = prepare(select(*(_T.c[name] for name in _SHOWN), _T.c.document).where(_T.c.id == bindparam("b_id")))
MODELS = Listing(
    select(*(_T.c[name] for name in _SHOWN)),
    key=_T.c.id,
    sorts={"created_at": _T.c.created_at},
    default="-created_at",
    filters={"status": lambda value: _T.c.status == value},
)


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that speaks now."""

    id: UUID
    currency: str
    orders: int
    created_at: datetime
    model: ScoringModel
    grids: Percentiles


class Shelf:
    """Models already read from their documents, which never change; the newest few are kept."""

    def __init__(self, most: int = 2) -> None:
        self._most = most
        self._read: OrderedDict[UUID, tuple[ScoringModel, Percentiles]] = OrderedDict()

    async def champion(self, reader: Reader) -> Champion | None:
        """The model that speaks now; None before the first was learnt."""
        row = await reader.row(_CHAMPION)
        if row is None:
            return None
        model, grids = await self._parts(reader, row["id"])
        return Champion(row["id"], row["currency"], row["orders"], row["created_at"], model, grids)

    async def _parts(self, reader: Reader, model_id: UUID) -> tuple[ScoringModel, Percentiles]:
        known = self._read.get(model_id)
        if known is None:
            row = await reader.row(_DOCUMENTS, b_id=model_id)
            if row is None:
                raise LookupError("the champion has no document")
            known = (ScoringModel.from_document(row["document"]), Percentiles.from_document(row["grids"]))
            self._read[model_id] = known
            while len(self._read) > self._most:
                self._read.popitem(last=False)
        return known


async def champions_currency(reader: Reader) -> str | None:
    """The currency that the model which speaks now counts in; None before the first was learnt."""
    found: str | None = await reader.value(_CURRENCY)
    return found


async def one(reader: Reader, model_id: UUID) -> Record | None:
    """One model with its document."""
    return await reader.row(_ONE, b_id=model_id)
