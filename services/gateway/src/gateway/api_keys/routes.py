"""Keys over HTTP; a key itself can call none of this."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from gateway.api_keys import commands, queries
from gateway.api_keys.commands import Made
from gateway.api_keys.hashing import Hashing
from gateway.api_keys.schemas import (
    ApiKeyCreate,
    ApiKeyMade,
    ApiKeyPatch,
    ApiKeyQuery,
    ApiKeyRead,
    ApiKeyRotate,
    shown,
)
from gateway.reach.domain import Place
from gateway.reach.lookup import Lookup
from shared.db import Tx
from shared.http import Caller, Db, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.problems import Invalid, NotFound

router = Router(tags=["api keys"])
_NO_STORE = {"Cache-Control": "no-store"}
_PLAIN_ROTATION = ApiKeyRotate()


async def _hashing(request: Request) -> Hashing:
    hashing: Hashing = request.state.hashing
    return hashing


@dataclass(frozen=True, slots=True)
class _Asked:
    body: ApiKeyCreate
    home: Place


async def _asked(body: ApiKeyCreate, caller: Caller, request: Request) -> _Asked:
    """The body and the distributor that it names, found out before the transaction opens."""
    lookup: Lookup = request.state.lookup
    _refuse_test_keys(body, allowed=request.state.test_keys)
    try:
        token = await request.state.token_for(caller, "customer-svc")
        return _Asked(body, await lookup.distributor(body.distributor_id, token=token))
    except NotFound:
        raise Invalid.at(
            "/distributor_id",
            "distributor_unknown",
            en="There is no such distributor.",
            zh="没有这个经销商。",
        ) from None


def _refuse_test_keys(body: ApiKeyCreate, *, allowed: bool) -> None:
    if body.environment == "test" and not allowed:
        raise Invalid.at(
            "/environment",
            "test_keys_off",
            en="Test keys are not accepted here.",
            zh="此系统不接受测试密钥。",
        )


Hashed = Annotated[Hashing, Depends(_hashing)]
Asked = Annotated[_Asked, Depends(_asked)]


@router.post(
    "/v1/api-keys",
    status_code=201,
    operation_id="createApiKey",
    summary="Give a distributor a key 发放密钥",
    response_model=ApiKeyMade,
    **needs("api_keys:write"),
)
async def create_api_key(
    asked: Asked, tx: WriteTx, hashing: Hashed, caller: Caller, response: Response
) -> dict[str, Any]:
    """The answer shows the key; nothing can show it again.

    A key sees its distributor and all below it, and may never do more than its giver, who must see all
    customers: scopes that the giver loses are lost to the key as well, until somebody else sets them anew.
    There is no sandbox: a `test` key works on the same data as a live one, and only where the operator
    accepts test keys (`ALLOW_TEST_KEYS`). Use it on an installation that is for trying out.
    """
    made = await commands.create_key(tx, hashing, asked.body, asked.home, caller=caller)
    response.headers["Location"] = f"/v1/api-keys/{made.row['id']}"
    return _made(tx, made, response)


@router.get(
    "/v1/api-keys",
    operation_id="listApiKeys",
    summary="List keys 密钥列表",
    response_model=Page[ApiKeyRead],
    **needs("api_keys:read"),
)
async def list_api_keys(
    query: Annotated[ApiKeyQuery, Query()], db: ReadDb, database: Db, sealer: Sealing
) -> dict[str, Any]:
    """Newest first; never a secret."""
    return await queries.list_keys(db, query, sealer, database.now())


@router.get(
    "/v1/api-keys/{api_key_id}",
    operation_id="getApiKey",
    summary="Read a key 查看密钥",
    response_model=ApiKeyRead,
    **needs("api_keys:read"),
)
async def get_api_key(api_key_id: UUID, db: ReadDb, database: Db, response: Response) -> dict[str, Any]:
    """All but the secret, also of a key that has ended."""
    row = await queries.key_by_id(db, api_key_id)
    set_etag(response, row["version"])
    return shown(dict(row), database.now())


@router.patch(
    "/v1/api-keys/{api_key_id}",
    operation_id="updateApiKey",
    summary="Change a key 修改密钥",
    response_model=ApiKeyRead,
    **needs("api_keys:write"),
)
async def update_api_key(
    *, api_key_id: UUID, body: ApiKeyPatch, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """Holds within seconds. Whoever sets the scopes answers for them from then on (`granted_by`)."""
    row = await commands.change_key(tx, api_key_id, body.changes(), caller=caller, expected=expected)
    set_etag(response, row["version"])
    return shown(row, tx.now)


@router.post(
    "/v1/api-keys/{api_key_id}/rotate",
    operation_id="rotateApiKey",
    summary="Give a key a new secret 轮换密钥",
    response_model=ApiKeyMade,
    **needs("api_keys:write"),
)
async def rotate_api_key(
    *,
    api_key_id: UUID,
    body: ApiKeyRotate = _PLAIN_ROTATION,
    tx: WriteTx,
    hashing: Hashed,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    """The answer shows the new key.

    The secret before stays good for the overlap (a day unless said otherwise), so that the partner can
    change over; one older than that ends now: two at most are good.
    """
    overlap = timedelta(seconds=body.overlap_seconds)
    made = await commands.rotate_key(tx, hashing, api_key_id, overlap, caller=caller, expected=expected)
    return _made(tx, made, response)


@router.delete(
    "/v1/api-keys/{api_key_id}",
    status_code=204,
    operation_id="revokeApiKey",
    summary="Revoke a key 吊销密钥",
    **needs("api_keys:write"),
)
async def revoke_api_key(api_key_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch) -> None:
    """Nobody who shows it is let in any more, everywhere within five seconds; the record stays."""
    await commands.revoke_key(tx, api_key_id, by=caller.id, expected=expected)


def _made(tx: Tx, made: Made, response: Response) -> dict[str, Any]:
    response.headers.update(_NO_STORE)
    set_etag(response, made.row["version"])
    return {**shown(made.row, tx.now), "key": made.key}
