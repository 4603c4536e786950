"""What a handler may ask for, each as an annotated argument."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from shared.auth import Principal
from shared.db import EVERYTHING, Database, Reader, Scope, Tx
from shared.http import idempotency
from shared.http.claims import Claim
from shared.http.testimony import Witness, witness_of
from shared.http.visit import Visit
from shared.sealing import Sealer


def _scope(request: Request) -> Scope:
    principal: Principal | None = request.state.principal
    return EVERYTHING if principal is None else principal.scope


async def _caller(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


async def _database(request: Request) -> Database:
    database: Database = request.state.database
    return database


async def _sealer(request: Request) -> Sealer:
    sealer: Sealer = request.state.sealer
    return sealer


async def _reader(request: Request) -> Reader:
    database: Database = request.state.database
    visit: Visit = request.state.visit
    return await visit.stack.enter_async_context(database.read(_scope(request)))


async def _write_tx(request: Request) -> Tx:
    database: Database = request.state.database
    visit: Visit = request.state.visit
    tx = visit.tx = await visit.stack.enter_async_context(database.begin(_scope(request)))
    if request.method == "POST":
        principal: Principal | None = request.state.principal
        visit.claim = await idempotency.claim(request, tx, principal.id if principal else None)
    return tx


async def look_at_key(request: Request, tx: Tx) -> Claim | None:
    """Heed a POST's `Idempotency-Key` in a transaction before its own, for work that none should span.

    Raises as `idempotency.claim` does. `WriteTx` claims the key again and keeps the answer; until then a twin
    can come this far, too: whoever calls tells it by the claim's `key_hash`.
    """
    principal: Principal | None = request.state.principal
    return await idempotency.claim(request, tx, principal.id if principal else None)


async def begin_visit(request: Request, *, sent: bytes) -> Tx:
    """The transaction of a POST that read its body by itself; `sent` tells two such requests apart."""
    database: Database = request.state.database
    visit: Visit = request.state.visit
    principal: Principal = request.state.principal
    tx = visit.tx = await visit.stack.enter_async_context(database.begin(principal.scope))
    visit.claim = await idempotency.claim(request, tx, principal.id, body=sent)
    return tx


async def _witness(request: Request) -> Witness:
    return witness_of(request, request.scope["route"].deed)


_TELLING: tuple[Callable[..., Any], ...] = (_write_tx, _witness)


def tells(dependant: Dependant) -> bool:
    """Whether a handler takes what makes the audit hear of its change."""
    return dependant.call in _TELLING or any(tells(part) for part in dependant.dependencies)


Caller = Annotated[Principal, Depends(_caller)]
Db = Annotated[Database, Depends(_database)]
ReadDb = Annotated[Reader, Depends(_reader)]
WriteTx = Annotated[Tx, Depends(_write_tx)]
Sealing = Annotated[Sealer, Depends(_sealer)]
Witnessed = Annotated[Witness, Depends(_witness)]
