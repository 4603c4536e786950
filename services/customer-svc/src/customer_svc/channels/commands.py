"""Changes of the register of channels."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import ARRAY, String, Uuid, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from customer_svc.channels import queries
from customer_svc.channels.schemas import ChannelCreate, ChannelPatch
from customer_svc.channels.tables import Channel
from customer_svc.tables import MOMENT
from shared.db import Tx, Write, prepare
from shared.http import check_version
from shared.problems import Conflict

_t = Channel.__table__  # type: ignore[attr-defined]
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")), "name", "kind", "confirmed", "version", "updated_at"
)
_given = (bindparam("ids", type_=ARRAY(Uuid)), bindparam("codes", type_=ARRAY(String)))
_new = func.unnest(*_given).table_valued("id", "code", name="new").render_derived()
_at = bindparam("at", type_=MOMENT)
_unknown = select(
    _new.c.id,
    _new.c.code,
    _new.c.code.label("name"),
    literal("other"),
    literal(value=False),
    literal(1),
    _at,
    _at,
).where(~select(_t.c.id).where(_t.c.code == _new.c.code).exists())
_ENTER = prepare(
    insert(_t).from_select(list(_t.c.keys()), _unknown).on_conflict_do_nothing(index_elements=["code"])
)


async def create_channel(tx: Tx, wanted: ChannelCreate) -> dict[str, Any]:
    """Enter a channel by hand; Conflict if the code is taken."""
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "confirmed": True,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    try:
        await tx.run(_INSERT, **row)
    except UniqueViolationError:
        raise Conflict("code_taken", en="There is such a channel already.", zh="该渠道代码已存在。") from None
    return row


async def change_channel(
    tx: Tx, channel_id: UUID, wanted: ChannelPatch, expected: int | None
) -> dict[str, Any]:
    """Change name, kind or confirmation; Stale if it is not the expected version."""
    row = await queries.channel_for_update(tx, channel_id)
    check_version(expected, row["version"])
    row |= {**wanted.changes(), "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_UPDATE, **row, b_id=channel_id)
    return row


async def enter_channels(tx: Tx, codes: Iterable[str | None]) -> None:
    """Enter the codes that are not in the register yet, unconfirmed, so that no sale waits for a form."""
    wanted = {code for code in codes if code is not None}
    if wanted:
        await tx.run_together(entering(tx, wanted))


def entering(tx: Tx, codes: Iterable[str]) -> Write:
    """What `enter_channels` runs, for those who run it together with something else."""
    wanted = sorted(set(codes))
    return _ENTER, {"ids": [tx.new_id() for _ in wanted], "codes": wanted, "at": tx.now}
