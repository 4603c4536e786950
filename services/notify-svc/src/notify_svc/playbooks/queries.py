"""Every SELECT over playbooks."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, func, select

from notify_svc.playbooks.schemas import PlaybookQuery
from notify_svc.playbooks.tables import Playbook, PlaybookVersion
from notify_svc.templates import queries as templates
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.sealing import Sealer

P: Any = Playbook.__table__  # type: ignore[attr-defined]
V: Any = PlaybookVersion.__table__  # type: ignore[attr-defined]

_one = (
    select(P, P.c.latest.label("number"), V.c.definition, V.c.used)
    .join(V, (V.c.playbook_id == P.c.id) & (V.c.number == P.c.latest))
    .where(P.c.id == bindparam("b_id", type_=Uuid))
)
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update(of=P))
_VERSION = prepare(
    select(V).where(
        V.c.playbook_id == bindparam("b_id", type_=Uuid), V.c.number == bindparam("b_number", type_=Integer)
    )
)
_ACTIVE = prepare(
    select(P.c.id, P.c.published.label("number"), V.c.definition)
    .join(V, (V.c.playbook_id == P.c.id) & (V.c.number == P.c.published))
    .where(P.c.state == "active")
    .order_by(P.c.id)
)
_asked = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("numbers", type_=ARRAY(Integer)))
    .table_valued("id", "number", name="asked")
    .render_derived()
)
_THESE = prepare(
    select(V.c.playbook_id, V.c.number, V.c.definition).join(
        _asked, (V.c.playbook_id == _asked.c.id) & (V.c.number == _asked.c.number)
    )
)
_SHIPPED = prepare(
    select(P.c.id, P.c.code, P.c.shipped, P.c.version).where(
        P.c.code == func.any(bindparam("codes", type_=ARRAY(Text)))
    )
)
_CODE = prepare(select(P.c.id).where(P.c.code == bindparam("b_code", type_=Text)))
_STOPPING = prepare(select(P.c.id).where(P.c.stopping).order_by(P.c.id))
_LIST = Listing(
    select(P, P.c.latest.label("number")),
    key=P.c.id,
    sorts={"code": P.c.code, "created_at": P.c.created_at},
    default="code",
    filters={"state": lambda state: P.c.state == state, "code": lambda code: P.c.code == code},
)
_VERSIONS = Listing(
    select(V), key=V.c.id, sorts={"created_at": V.c.created_at}, default="-created_at", filters={}
)


def _shown(row: Record | dict[str, Any]) -> dict[str, Any]:
    return {**dict(row), "shipped": row["shipped"] is not None}


def _found(row: Record | None) -> dict[str, Any]:
    if row is None:
        raise not_found("playbook", "策略")
    return _shown(row)


async def playbook(reader: Reader, playbook_id: UUID) -> dict[str, Any]:
    """One playbook with its latest version, or NotFound."""
    return _found(await reader.row(_ONE, b_id=playbook_id))


async def playbook_for_update(tx: Tx, playbook_id: UUID) -> dict[str, Any]:
    """One playbook with its latest version, locked, or NotFound."""
    return _found(await tx.row(_ONE_FOR_UPDATE, b_id=playbook_id))


async def playbooks_page(reader: Reader, query: PlaybookQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all playbooks."""
    page = await _LIST.page(reader, query, sealer)
    return {**page, "data": [_shown(row) for row in page["data"]]}


async def versions_page(
    reader: Reader, playbook_id: UUID, query: ListQuery, sealer: Sealer
) -> dict[str, Any]:
    """One page of a playbook's versions, the latest first; NotFound without the playbook."""
    await playbook(reader, playbook_id)
    return await _VERSIONS.page(reader, query, sealer, where=[V.c.playbook_id == playbook_id])


async def version(reader: Reader, playbook_id: UUID, number: int) -> Record:
    """One version, or NotFound."""
    row = await reader.row(_VERSION, b_id=playbook_id, b_number=number)
    if row is None:
        raise not_found("version of this playbook", "策略版本")
    return row


async def active(reader: Reader) -> list[Record]:
    """The playbooks that customers can enter, each with the definition that holds."""
    return await reader.rows(_ACTIVE)


async def definitions(
    reader: Reader, wanted: Iterable[tuple[UUID, int]]
) -> dict[tuple[UUID, int], dict[str, Any]]:
    """The definitions of these versions."""
    chosen = sorted(set(wanted))
    rows = await reader.rows(
        _THESE, ids=[playbook_id for playbook_id, _ in chosen], numbers=[number for _, number in chosen]
    )
    return {(row["playbook_id"], row["number"]): row["definition"] for row in rows}


async def stopping(reader: Reader) -> list[UUID]:
    """The playbooks whose runs are being ended."""
    return [row["id"] for row in await reader.rows(_STOPPING)]


async def shipped(reader: Reader, codes: Sequence[str]) -> dict[str, Record]:
    """By their codes those of these playbooks that are there."""
    return {row["code"]: row for row in await reader.rows(_SHIPPED, codes=list(codes))}


async def code_is_taken(reader: Reader, code: str) -> bool:
    """Whether a playbook has this code."""
    return await reader.value(_CODE, b_code=code) is not None


async def templates_known(
    reader: Reader, names: Sequence[str]
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """By its name the forms that a published template has in a language, and the variables it needs."""
    found = await templates.published(reader, names)
    forms = {
        name: frozenset(form for texts in each.texts.values() for form in texts)
        for name, each in found.items()
    }
    needed = {
        name: frozenset(said["name"] for said in each.variables if said.get("required", True))
        for name, each in found.items()
    }
    return forms, needed
