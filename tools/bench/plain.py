"""The thinnest FastAPI application that answers from PostgreSQL: what the framework itself lets us reach."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Response
from pydantic import TypeAdapter
from tools.bench.parts import raw

from customer_svc.customers.schemas import CustomerCreate, CustomerRead
from shared.db import EVERYTHING
from shared.db.connections import Connection, prepare_connection
from shared.db.sight import sight
from shared.run import settled_heap

_READ = TypeAdapter(CustomerRead)
_SIGHT = sight(EVERYTHING)
_JSON = "application/json"


def application(url: str) -> FastAPI:
    """No router, no dependency, no check, one round trip for a call."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=16,
            connection_class=Connection,
            init=prepare_connection,
            server_settings=raw.SEES_ALL,
        )
        settled_heap()
        yield
        await app.state.pool.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    write = raw.one_statement(2)

    @app.get("/readyz")
    async def ready() -> Response:
        return Response()

    @app.get("/v1/customers/{customer_id}")
    async def read(customer_id: UUID) -> Response:
        arguments = raw.SELECT_CUSTOMER.arguments({"b_id": customer_id, **_SIGHT})
        async with app.state.pool.acquire() as connection:
            row = await connection.fetchrow(raw.SELECT_CUSTOMER.sql, *arguments)
        return Response(_READ.dump_json(_READ.validate_python(dict(row))), media_type=_JSON)

    @app.post("/v1/customers")
    async def create(body: CustomerCreate) -> Response:
        async with app.state.pool.acquire() as connection:
            await write(connection)
        return Response(body.model_dump_json().encode(), 201, media_type=_JSON)

    return app


if __name__ == "__main__":
    uvicorn.run(application(sys.argv[1]), port=int(sys.argv[2]), access_log=False, log_level="warning")
