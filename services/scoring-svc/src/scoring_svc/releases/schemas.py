"""Moves of the pointer to the champion, as the API takes and answers them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from scoring_svc.models.schemas import ModelRead
from shared.http import Input, Output
from shared.http.types import Text

Note = Annotated[Text, Field(max_length=2000, examples=["Looked at the backtest", "已核对回测"])]


class MoveInput(Input):
    """Why, for those who look at it later."""

    note: Note | None = None


class Moved(Output):
    """The model that speaks now; watch everybody being scored by it at `/v1/operations/{operation_id}`."""

    model: ModelRead
    operation_id: UUID
