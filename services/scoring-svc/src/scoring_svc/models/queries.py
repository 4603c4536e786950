"""Models read."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, literal_column, select

from scoring_svc.modelling.model import ScoringModel
from scoring_svc.models.tables import Model, ModelMove
from scoring_svc.policies.queries import Standards
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing

_T: Any = Model.__table__  # type: ignore[attr-defined]
_M: Any = ModelMove.__table__  # type: ignore[attr-defined]
_SHOWN = tuple(name for name in _T.c.keys() if name not in {"document", "row_counts"})  # noqa: SIM118
SPEAKING = select(_T.c.id).where(_T.c.status == literal_column("'champion'"))
_CHAMPION = prepare(SPEAKING)
_NEWEST = prepare(select(_T.c.orders, _T.c.created_at).order_by(_T.c.created_at.desc()).limit(1))
_DOCUMENTS = prepare(
    select(_T.c.document, _T.c.currency, _T.c.orders, _T.c.created_at).where(_T.c.id == bindparam("b_id"))
)
_LIGHT = select(*(_T.c[name] for name in _SHOWN))
_ONE = prepare(
    select(*(_T.c[name] for name in _SHOWN), _T.c.row_counts, _T.c.document).where(
        _T.c.id == bindparam("b_id")
    )
)
_ONE_LIGHT = prepare(_LIGHT.where(_T.c.id == bindparam("b_id")))
_FOR_UPDATE = prepare(_LIGHT.where(_T.c.id == bindparam("b_id")).with_for_update())
_CHAMPION_FOR_UPDATE = prepare(_LIGHT.where(_T.c.status == "champion").with_for_update())
_MOVES = prepare(
    select(_M.c.action, _M.c.from_id, _M.c.moved_by, _M.c.note, _M.c.moved_at)
    .where(_M.c.model_id == bindparam("b_id"))
    .order_by(_M.c.moved_at.desc())
    .limit(100)
)
_CURRENCY = prepare(select(_T.c.currency).where(_T.c.status == "champion"))
MODELS = Listing(
    _LIGHT,
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
        self._read: OrderedDict[UUID, Champion] = OrderedDict()
        self.standards = Standards()

    async def champion(self, reader: Reader) -> Champion | None:
        """The model that speaks now; None before the first was learnt."""
        row = await reader.row(_CHAMPION)
        return None if row is None else await self.one(reader, row["id"])

    async def one(self, reader: Reader, model_id: UUID) -> Champion:
        """A model on record, as if it spoke; LookupError when there is none."""
        known = self._read.get(model_id)
        if known is None:
            row = await reader.row(_DOCUMENTS, b_id=model_id)
            if row is None:
                raise LookupError("there is no such model")
            known = Champion(
                model_id,
                row["currency"],
                row["orders"],
                row["created_at"],
                ScoringModel.from_document(row["document"]),
                self.standards,
            )
            self._read[model_id] = known
            while len(self._read) > self._most:
                self._read.popitem(last=False)
        self._read.move_to_end(model_id)
        return known


async def speaking(reader: Reader) -> UUID | None:
    """Which model speaks now; None before the first was learnt."""
    row = await reader.row(_CHAMPION)
    return None if row is None else row["id"]


async def champions_currency(reader: Reader) -> str | None:
    """The currency that the model which speaks now counts in; None before the first was learnt."""
    found: str | None = await reader.value(_CURRENCY)
    return found


async def one(reader: Reader, model_id: UUID) -> Record | None:
    """One model with its document."""
    return await reader.row(_ONE, b_id=model_id)


async def shown(reader: Reader, model_id: UUID) -> Record | None:
    """One model as lists show it."""
    return await reader.row(_ONE_LIGHT, b_id=model_id)


async def moves(reader: Reader, model_id: UUID) -> list[Record]:
    """How a model came to speak, the newest first; at most a hundred times."""
    return await reader.rows(_MOVES, b_id=model_id)


async def newest(reader: Reader) -> Record | None:
    """Orders known to, and age of, the model that was learnt last, whether it speaks or not."""
    return await reader.row(_NEWEST)


async def for_update(tx: Tx, model_id: UUID) -> Record | None:
    """A model, locked."""
    return await tx.row(_FOR_UPDATE, b_id=model_id)


async def champion_for_update(tx: Tx) -> Record | None:
    """The champion, locked."""
    return await tx.row(_CHAMPION_FOR_UPDATE)
