"""Every SELECT over forms, and what a link leads to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, bindparam, select

from interaction_svc.complaint_forms.schemas import ComplaintFormQuery
from interaction_svc.complaint_forms.tables import ComplaintForm, ComplaintFormEntry, ComplaintFormLink
from interaction_svc.complaints.tables import Complaint
from interaction_svc.web_pages.tokens import hash_of
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import Gone, NotFound, not_found
from shared.sealing import Sealer

_F: Any = ComplaintForm.__table__  # type: ignore[attr-defined]
_L: Any = ComplaintFormLink.__table__  # type: ignore[attr-defined]
_E: Any = ComplaintFormEntry.__table__  # type: ignore[attr-defined]
_C: Any = Complaint.__table__  # type: ignore[attr-defined]
_one = select(_F).where(_F.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_HELD = prepare(_one.with_for_update(read=True))
_by_token = _L.c.token_hash == bindparam("b_hash", type_=LargeBinary)
_LED_TO = prepare(
    select(
        _L,
        *(_F.c[name] for name in ("title", "intro", "categories", "severity", "status", "changed_by")),
    )
    .join(_F, _F.c.id == _L.c.form_id)
    .where(_by_token)
)
_LOCK = prepare(select(_L.c.id).where(_by_token).with_for_update())
_SENT = prepare(
    select(_C.c.number, _C.c.status, _C.c.subject, _C.c.told, _E.c.sheet)
    .join(_C, _C.c.id == _E.c.complaint_id)
    .where(_E.c.link_id == bindparam("b_link", type_=Uuid))
    .order_by(_C.c.opened_at.desc(), _C.c.id.desc())
)
_LIST = Listing(
    select(_F),
    key=_F.c.id,
    sorts={"name": _F.c.name},
    default="name",
    filters={"status": lambda v: _F.c.status == v},
)


async def form(reader: Reader, form_id: UUID) -> dict[str, Any]:
    """One form, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=form_id)))


async def form_to_change(tx: Tx, form_id: UUID) -> dict[str, Any]:
    """One form, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=form_id)))


async def form_held(tx: Tx, form_id: UUID) -> dict[str, Any]:
    """One form, which stays as it is until the transaction ends, or 404."""
    return dict(_found(await tx.row(_HELD, b_id=form_id)))


async def forms(reader: Reader, query: ComplaintFormQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all forms."""
    return await _LIST.page(reader, query, sealer)


async def led_to(reader: Reader, token: str, *, now: datetime) -> dict[str, Any]:
    """The link and its form. Raises NotFound `link_unknown` and Gone `link_expired`."""
    row = await reader.row(_LED_TO, b_hash=hash_of(token))
    if row is None:
        raise NotFound("link_unknown", en="This link is not known.", zh="该链接不存在。")
    if row["expires_at"] <= now or row["status"] != "open":
        raise Gone("link_expired", en="This link is over.", zh="该链接已失效。")
    return dict(row)


async def hold_link(tx: Tx, token: str) -> None:
    """Have others who send something by this link wait until the transaction ends."""
    await tx.value(_LOCK, b_hash=hash_of(token))


async def sent_by(reader: Reader, link_id: UUID) -> list[dict[str, Any]]:
    """What became of what was sent by a link, the latest first."""
    return [dict(row) for row in await reader.rows(_SENT, b_link=link_id)]


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("complaint form", "投诉表单")
    return row
