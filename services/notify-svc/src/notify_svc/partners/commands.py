"""What is known of partners kept up to date; a version never goes backwards."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Text, Uuid, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from notify_svc.partners.queries import DISTRIBUTOR, KEY
from shared.db import Tx, prepare

_place = insert(DISTRIBUTOR).values(
    id=bindparam("b_id", type_=Uuid),
    parent_id=bindparam("b_parent", type_=Uuid),
    status=bindparam("b_status", type_=Text),
    version=bindparam("b_version", type_=BigInteger),
)
_KEEP_DISTRIBUTOR = prepare(
    _place.on_conflict_do_update(
        index_elements=[DISTRIBUTOR.c.id],
        set_={name: _place.excluded[name] for name in ("parent_id", "status", "version")},
        where=DISTRIBUTOR.c.version < _place.excluded.version,
    )
)
_vouched = (
    func.unnest(bindparam("below", type_=ARRAY(Uuid))).table_valued("id", name="vouched").render_derived()
)
_hint = insert(DISTRIBUTOR).from_select(
    ["id", "parent_id", "status", "version"],
    select(
        _vouched.c.id, bindparam("home", type_=Uuid), bindparam("status", "active", type_=Text), literal(0)
    ),
)
_VOUCH = prepare(
    _hint.on_conflict_do_update(
        index_elements=[DISTRIBUTOR.c.id],
        set_={"parent_id": _hint.excluded.parent_id},
        where=(DISTRIBUTOR.c.version == 0)
        & DISTRIBUTOR.c.parent_id.is_(None)
        & _hint.excluded.parent_id.is_not(None),
    )
)
_key = insert(KEY).values(
    id=bindparam("b_id", type_=Uuid),
    scopes=bindparam("b_scopes", type_=ARRAY(Text)),
    expires_at=bindparam("b_expires", type_=DateTime(timezone=True)),
    revoked=bindparam("b_revoked", type_=Boolean),
    version=bindparam("b_version", type_=BigInteger),
)
_KEEP_KEY = prepare(
    _key.on_conflict_do_update(
        index_elements=[KEY.c.id],
        set_={name: _key.excluded[name] for name in ("scopes", "expires_at", "revoked", "version")},
        where=KEY.c.version < _key.excluded.version,
    )
)


async def keep_distributor(
    tx: Tx, distributor_id: UUID, *, parent_id: UUID | None, status: str, version: int
) -> None:
    """Store it if it is newer than what is known."""
    await tx.run(
        _KEEP_DISTRIBUTOR, b_id=distributor_id, b_parent=parent_id, b_status=status, b_version=version
    )


async def vouch(tx: Tx, home: UUID, below: Collection[UUID]) -> None:
    """What the gateway says of a partner's reach in its token; events that tell more precisely prevail."""
    await tx.run(_VOUCH, home=None, below=[home])
    rest = sorted(set(below) - {home})
    if rest:
        await tx.run(_VOUCH, home=home, below=rest)


async def keep_key(
    tx: Tx,
    key_id: UUID,
    *,
    version: int,
    scopes: Collection[str] | None = None,
    expires_at: datetime | None = None,
    revoked: bool = False,
) -> None:
    """Store how a key stands if that is newer than what is known."""
    kept: dict[str, Any] = {"b_scopes": None if scopes is None else sorted(scopes), "b_expires": expires_at}
    await tx.run(_KEEP_KEY, b_id=key_id, b_revoked=revoked, b_version=version, **kept)
