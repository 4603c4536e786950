"""Models as the API shows them."""

from typing import Any, Literal
from uuid import UUID

from shared.http import ListQuery, Output
from shared.http.types import Moment

Status = Literal["champion", "retired"]


class ModelRead(Output):
    """A model on record. `basis` is `fitted`, or `prior` while there is too little data to learn from."""

    id: UUID
    status: Status
    basis: Literal["fitted", "prior"]
    as_of: Moment
    horizon_weeks: float
    currency: str
    customers: int
    orders: int
    created_at: Moment
    retired_at: Moment | None


class ModelDetail(ModelRead):
    """With its parameters."""

    parameters: dict[str, Any]


class Backtest(Output):
    """How the model did on past origins, beside the simple rules; see the scoring guide."""

    model_id: UUID
    basis: Literal["fitted", "prior"]
    card: dict[str, Any]


class ModelQuery(ListQuery):
    """Filters of the list."""

    status: Status | None = None
