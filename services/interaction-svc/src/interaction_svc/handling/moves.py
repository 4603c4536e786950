"""What each body of a verb means for a case, and what of it stands in the history."""

from functools import singledispatch
from typing import Any

from interaction_svc.complaints import domain
from interaction_svc.complaints.commands import Move
from interaction_svc.handling import schemas as asked


@singledispatch
def move_of(body: Any) -> tuple[Move, str | None]:
    """The move that a body asks for, and its note."""
    raise TypeError(f"{type(body).__name__} asks for nothing")


@move_of.register
def _(body: asked.ComplaintClassify) -> tuple[Move, str | None]:
    return lambda case, deed: domain.classify(case, deed, **body.found()), body.note


@move_of.register
def _(body: asked.ComplaintAssign) -> tuple[Move, str | None]:
    return lambda case, deed: domain.assign(case, deed, body.owner_id), body.note


@move_of.register
def _(body: asked.ComplaintAnswer) -> tuple[Move, str | None]:
    return domain.answer, body.text


@move_of.register
def _(body: asked.ComplaintHear) -> tuple[Move, str | None]:
    return domain.hear, body.text


@move_of.register
def _(body: asked.ComplaintStart) -> tuple[Move, str | None]:
    return lambda case, deed: domain.start(case, deed, body.step), body.note


@move_of.register
def _(body: asked.ComplaintWait) -> tuple[Move, str | None]:
    return domain.wait, body.note


@move_of.register
def _(body: asked.ComplaintResume) -> tuple[Move, str | None]:
    return domain.resume, body.note


@move_of.register
def _(body: asked.ComplaintEscalate) -> tuple[Move, str | None]:
    return domain.escalate, body.reason


@move_of.register
def _(body: asked.ComplaintResolve) -> tuple[Move, str | None]:
    return lambda case, deed: domain.resolve(case, deed, body.result), body.note


@move_of.register
def _(body: asked.ComplaintInform) -> tuple[Move, str | None]:
    return lambda case, deed: domain.inform(case, deed, body.text), body.note


@move_of.register
def _(body: asked.ComplaintMediate) -> tuple[Move, str | None]:
    return domain.mediate, body.reason


@move_of.register
def _(body: asked.ComplaintClose) -> tuple[Move, str | None]:
    return domain.close, body.reason


@move_of.register
def _(body: asked.ComplaintReopen) -> tuple[Move, str | None]:
    return domain.reopen, body.reason


@move_of.register
def _(body: asked.ComplaintUnmerge) -> tuple[Move, str | None]:
    return domain.unmerge, body.reason
