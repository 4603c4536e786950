"""A tiny service of one resource, behind the same door and frame as the real ones."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import Query, Request, Response
from sqlalchemy import DateTime, column, select, table, text

from shared.audit import Journal
from shared.auth.tokens import TokenVerifier
from shared.db import Database
from shared.http import (
    Caller,
    Db,
    Input,
    Listing,
    ListQuery,
    ReadDb,
    RequiredIfMatch,
    Router,
    Sealing,
    WriteTx,
    check_version,
    needs,
    public,
    set_etag,
)
from shared.http.application import create_app
from shared.http.frame import Frame
from shared.http.types import Int64, JsonObject, Moment, Name
from shared.problems import not_found
from shared.testing import carried
from shared.testing.clients import as_principal, jwks, staff

_TABLES = """
    CREATE TABLE IF NOT EXISTS thing (
        id uuid PRIMARY KEY, name text NOT NULL, size bigint, version int NOT NULL,
        created_at timestamptz NOT NULL);
"""
_T = table(
    "thing",
    column("id"),
    column("name"),
    column("size"),
    column("version"),
    column("created_at", DateTime(timezone=True)),
)
THINGS = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"created_at": _T.c.created_at},
    default="-created_at",
    filters={"name": lambda value: _T.c.name == value},
)


class ThingCreate(Input):
    name: Name
    size: Int64 | None = None
    weight: float | None = None
    attributes: JsonObject | None = None
    seen_at: Moment | None = None


class ThingQuery(ListQuery):
    name: str | None = None


router = Router(tags=["things"])


@router.post("/v1/things", status_code=201, operation_id="createThing", **needs("customers:write"))
async def create(
    body: ThingCreate, tx: WriteTx, caller: Caller, request: Request, response: Response
) -> dict[str, str]:
    thing = tx.new_id()
    await tx.connection.execute(
        "INSERT INTO thing VALUES ($1, $2, $3, 1, $4)", thing, body.name, body.size, tx.now
    )
    response.headers["Location"] = f"/v1/things/{thing}"
    if body.name == "slow":
        await asyncio.sleep(0.3)
    if body.name == "raced":
        await _a_twin_commits(tx, caller, request.headers["idempotency-key"])
    if body.name == "broken":
        raise RuntimeError("a value that nobody may read: 13800138000")
    return {"id": str(thing), "name": body.name}


async def _a_twin_commits(tx: WriteTx, caller: Caller, key: str) -> None:
    """What a request with the same key does that got between our look at the key and our lock on it."""
    async with tx.database.begin() as twin:
        taken = hashlib.sha256(f"{caller.id}|{key}".encode()).digest()
        await twin.connection.execute(
            "INSERT INTO idempotency VALUES ($1, $2, 201, $2, $3)", taken, b"its own", twin.now
        )


@router.get("/v1/things", operation_id="listThings", **needs("customers:read"))
async def things(db: ReadDb, sealer: Sealing, query: Annotated[ThingQuery, Query()]) -> dict[str, Any]:
    page = await THINGS.page(db, query, sealer)
    return {"data": [{"id": str(row["id"])} for row in page["data"]], "page": page["page"]}


@router.get("/v1/things/{thing_id}", operation_id="getThing", **needs("customers:read"))
async def thing(thing_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await db.row(select(_T).where(_T.c.id == thing_id))
    if row is None:
        raise not_found("thing", "物品")
    set_etag(response, row["version"])
    return {"id": str(row["id"]), "name": row["name"]}


@router.patch("/v1/things/{thing_id}", operation_id="patchThing", **needs("customers:write"))
async def rename(thing_id: UUID, expected: RequiredIfMatch, tx: WriteTx) -> dict[str, Any]:
    row = await tx.row(select(_T).where(_T.c.id == thing_id).with_for_update())
    if row is None:
        raise not_found("thing", "物品")
    check_version(expected, row["version"])
    await tx.connection.execute("UPDATE thing SET version = version + 1 WHERE id = $1", thing_id)
    return {"version": row["version"] + 1}


@router.get("/v1/moment", operation_id="slowThing", **public())
async def dawdle(db: Db) -> dict[str, str]:
    await asyncio.sleep(30)
    return {}


@dataclass
class Tiny:
    frame: Frame
    app: Any
    database: Database
    journal: Journal

    def client(self, *roles: str, **headers: str) -> httpx.AsyncClient:
        identity = as_principal(staff(*roles), "tiny") if roles else {}
        transport = httpx.ASGITransport(app=self.frame)
        return httpx.AsyncClient(transport=transport, base_url="http://tiny", headers={**identity, **headers})


@pytest.fixture(scope="session")
async def tiny(tabled: Any) -> AsyncIterator[Tiny]:
    urls = await tabled("tiny", "http_v1", "audit_v1")
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute(_TABLES)
    await owner.close()
    database = Database(urls.app_url, max_size=8)
    await database.open()
    app = create_app(title="Tiny", description="One resource", version="1", routers=[router])
    given = carried("tiny", database, request_seconds=1.0)
    verifier = TokenVerifier("tiny", jwks=jwks())
    frame = Frame(app, service="tiny", carried=given, verifier=verifier, max_in_flight=20)
    yield Tiny(frame, app, database, given["journal"])
    await database.close()


@pytest.fixture(autouse=True)
async def empty(tiny: Tiny) -> None:
    async with tiny.database.begin() as tx:
        await tx.run(text("DELETE FROM thing"))
        await tx.run(text("DELETE FROM idempotency"))


@pytest.fixture
async def manager(tiny: Tiny) -> AsyncIterator[httpx.AsyncClient]:
    async with tiny.client("manager") as client:
        yield client
