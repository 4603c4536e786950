"""Models read."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from scoring_svc.modelling.model import ScoringModel
from scoring_svc.models.tables import Model
from scoring_svc.policies.queries import Standards
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
_DOCUMENT = prepare(select(_T.c.document).where(_T.c.id == bindparam("b_id")))
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
    """The model that speaks now, and where to read what its customers are ranked by."""

    id: UUID
    currency: str
    orders: int
    created_at: datetime
    model: ScoringModel
    standards: Standards


class Shelf:
    """Models already read from their documents, which never change; the newest few are kept."""

    def __init__(self, most: int = 2) -> None:
        self._most = most
        self._read: OrderedDict[UUID, ScoringModel] = OrderedDict()
        self.standards = Standards()

    async def champion(self, reader: Reader) -> Champion | None:
        """The model that speaks now; None before the first was learnt."""
        row = await reader.row(_CHAMPION)
        if row is None:
            return None
        model = await self._model(reader, row["id"])
        return Champion(row["id"], row["currency"], row["orders"], row["created_at"], model, self.standards)

    async def _model(self, reader: Reader, model_id: UUID) -> ScoringModel:
        known = self._read.get(model_id)
        if known is None:
            document = await reader.value(_DOCUMENT, b_id=model_id)
            if document is None:
                raise LookupError("the champion has no document")
            known = self._read[model_id] = ScoringModel.from_document(document)
            while len(self._read) > self._most:
                self._read.popitem(last=False)
        return known


async def speaking(reader: Reader) -> UUID | None:
    """Which model speaks now; None before the first was learnt."""
    row = await reader.row(_CHAMPION)
    return None if row is None else row["id"]


async def one(reader: Reader, model_id: UUID) -> Record | None:
    """One model with its document."""
    return await reader.row(_ONE, b_id=model_id)
