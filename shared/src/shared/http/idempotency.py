"""`Idempotency-Key`: a POST that is sent again gets the first answer again, and its effect happens once."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import (
    BigInteger,
    DateTime,
    LargeBinary,
    SmallInteger,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlmodel import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.db import Database, Tx, prepare
from shared.db.base import SharedBase
from shared.http.claims import Claim
from shared.problems import Conflict, FieldError, Invalid, Malformed
from shared.sealing import Sealer

KEPT = timedelta(hours=24)
_MOST_KEY = 255
_CARRIED = ("location", "etag", "content-type")


class Idempotency(SharedBase, table=True):
    """One answered POST; the answer is sealed under the client's own key, which is not stored."""

    key_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    status: int = Field(sa_type=SmallInteger)
    answer: bytes = Field(sa_type=LargeBinary)
    created_at: Any = Field(sa_type=DateTime(timezone=True), index=True)


_T = Idempotency.__table__  # type: ignore[attr-defined]
_one = select(literal(1).label("one")).subquery()
_CLAIM = prepare(
    select(
        func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger)).label("free"),
        _T.c.fingerprint,
        _T.c.status,
        _T.c.answer,
        _T.c.created_at,
    ).select_from(_one.outerjoin(_T, _T.c.key_hash == bindparam("hash")))
)
# No ON CONFLICT: a twin that committed after our claim looked must make this transaction fail.
_KEEP = prepare(insert(_T), *_T.c.keys())
_FORGET_ONE = prepare(delete(_T).where(_T.c.key_hash == bindparam("hash")))
_KEY_TAKEN = "idempotency_pkey"
_FORGET = prepare(delete(_T).where(_T.c.created_at < bindparam("before", type_=DateTime(timezone=True))))


class Replayed(Exception):
    """The answer is already known; the door sends it instead of running the handler."""


async def claim(
    request: Request, tx: Tx, principal_id: UUID | None, *, body: bytes | None = None
) -> Claim | None:
    """Take the request's key for this transaction; None when it has none.

    `body` is what tells two requests apart when the body was read otherwise (a digest of an upload). Raises
    Replayed with the visit's `replay` set, Conflict while the first request still runs, Invalid for a key
    that was used for something else.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    taken = _claim(request, key, principal_id, await request.body() if body is None else body)
    lock = int.from_bytes(taken.key_hash[:8], "big", signed=True)
    row = await tx.row(_CLAIM, lock=lock, hash=taken.key_hash)
    if row is None or not row["free"]:
        raise _in_progress()
    if row["fingerprint"] is None:
        return taken
    if row["created_at"] <= tx.now - KEPT:
        await tx.run(_FORGET_ONE, hash=taken.key_hash)
        return taken
    if row["fingerprint"] != taken.fingerprint:
        raise Invalid(
            "idempotency_key_reused",
            en="This Idempotency-Key was used for another request.",
            zh="该 Idempotency-Key 已用于其他请求。",
            errors=(
                FieldError(
                    "header:Idempotency-Key", "reused", "was used for another request", "已用于其他请求"
                ),
            ),
        )
    request.state.visit.replay = _replay(row["status"], request.state.sealer, row["answer"], taken)
    raise Replayed


@contextmanager
def once() -> Iterator[None]:
    """Around a commit: a twin that took the key between our look and our lock has won; nothing is stored."""
    try:
        yield
    except UniqueViolationError as error:
        if error.constraint_name != _KEY_TAKEN:
            raise
        raise _in_progress() from None


def _in_progress() -> Conflict:
    return Conflict(
        "request_in_progress",
        en="A request with this Idempotency-Key is still running.",
        zh="使用该 Idempotency-Key 的请求仍在处理中。",
        retry_after=1,
    )


def _claim(request: Request, key: str, principal_id: UUID | None, body: bytes) -> Claim:
    if not 0 < len(key) <= _MOST_KEY or not key.isascii() or not key.isprintable():
        field = FieldError(
            "header:Idempotency-Key",
            "wrong_form",
            "must be 1 to 255 printable ASCII characters",
            "须为 1 至 255 个可打印 ASCII 字符",
        )
        raise Malformed(
            "idempotency_key_invalid",
            en="Idempotency-Key is not valid.",
            zh="Idempotency-Key 无效。",
            errors=(field,),
        )
    sealer: Sealer = request.state.sealer
    who = f"{principal_id}|{key}".encode()
    what = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    # Keyed: a body may hold a password, and a plain hash of it could be guessed at leisure.
    return Claim(
        hashlib.sha256(who).digest(),
        sealer.digest("idempotency fingerprint", what),
        hashlib.sha256(b"seal|" + who).digest(),
    )


def keep(tx: Tx, taken: Claim, response: Response, sealer: Sealer) -> None:
    """Have the answer stored with the effect."""
    headers = {name: response.headers[name] for name in _CARRIED if name in response.headers}
    body = bytes(response.body)
    plain = json.dumps(headers).encode() + b"\n" + body
    record = {
        "key_hash": taken.key_hash,
        "fingerprint": taken.fingerprint,
        "status": response.status_code,
        "answer": sealer.seal("idempotency", plain, taken.context),
        "created_at": tx.now,
    }
    tx.before_commit(lambda _: (_KEEP, record))


def _replay(status: int, sealer: Sealer, sealed: bytes, taken: Claim) -> Response:
    headers, _, body = sealer.open("idempotency", sealed, taken.context).partition(b"\n")
    return Response(body, status, {**json.loads(headers), "Idempotent-Replayed": "true"})


async def forget_old(database: Database) -> int:
    """Delete the records that are older than a day; how many went."""
    async with database.begin() as tx:
        return await tx.run(_FORGET, before=tx.now - KEPT)
