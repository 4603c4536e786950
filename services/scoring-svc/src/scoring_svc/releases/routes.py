"""The doors by which a person lets a model speak or takes one back."""

from typing import Any
from uuid import UUID

from fastapi import Response

from scoring_svc.releases import commands
from scoring_svc.releases.schemas import Moved, MoveInput
from shared.http import Caller, IfMatch, Router, WriteTx, needs, set_etag

router = Router(tags=["models"])


@router.post(
    "/v1/models/{model_id}/promote",
    operation_id="promoteModel",
    summary="Let a model speak 启用模型",
    response_model=Moved,
    **needs("scores:write"),
)
async def promote_model(
    model_id: UUID,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
    body: MoveInput | None = None,
) -> dict[str, Any]:
    """From the shadow or from retirement, whatever its gate said; everybody is then scored by it.

    Of two at once one wins: 409 `promotion_underway`. 409 `model_is_champion` if it speaks already.
    """
    moved = await commands.promote(
        tx, model_id, by=caller.id, note=body.note if body else None, expected=expected
    )
    set_etag(response, moved["model"]["version"])
    return moved


@router.post(
    "/v1/models/{model_id}/rollback",
    operation_id="rollBackModel",
    summary="Take the champion back 回退模型",
    response_model=Moved,
    **needs("scores:write"),
)
async def roll_back_model(
    model_id: UUID,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
    body: MoveInput | None = None,
) -> dict[str, Any]:
    """The model that it followed speaks again, and everybody is scored by that one.

    Naming the champion makes it safe to ask twice: 409 `model_not_champion` for whoever comes second. 409
    `nothing_before` for the first model there was.
    """
    moved = await commands.roll_back(
        tx, model_id, by=caller.id, note=body.note if body else None, expected=expected
    )
    set_etag(response, moved["model"]["version"])
    return moved
