"""Runs as the API shows and takes them."""

from typing import Literal
from uuid import UUID

from shared.http import Input, ListQuery, Output
from shared.http.types import Flag, Moment


class RunInput(Input):
    """What to do; with `learn` a model is learnt first."""

    learn: Flag = False


class RunRead(Output):
    """A finished run over all customers."""

    id: UUID
    cause: Literal["bulk", "daily", "request", "promotion"]
    learnt: bool
    model_id: UUID
    scored: int
    changed: int
    warned: int
    started_at: Moment
    finished_at: Moment


class RunQuery(ListQuery):
    """No filters."""
