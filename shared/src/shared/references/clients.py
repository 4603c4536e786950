"""A customer that no event has told of yet, read once from the service that knows it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from sqlalchemy import Uuid, bindparam, func, select

from shared.auth.tokens import HEADER
from shared.db import EVERYTHING, Database, Scope, in_sight, prepare, sight
from shared.problems import Forbidden, Invalid, Problem, Unavailable, not_found
from shared.references.commands import T, apply
from shared.references.domain import CustomerRef, from_answer
from shared.references.tables import SIGHT
from shared.usage import INNER

MERGED_FROM = "Tonglu-Merged-From"
"""The header by which customer-svc says whom an identity means, if that one was merged into another."""
_SECONDS = 1.0
# Together no longer than the deadline: cutting a request off from outside may cost the pool a connection.
_PHASES = httpx.Timeout(connect=0.25, write=0.1, read=0.55, pool=0.1)
_COLUMNS = ("id", "distributor_id", "owner_id", "org_unit_id", "status", "channel", "merged_into", "version")
_seen = select(*(T.c[name] for name in _COLUMNS)).where(in_sight(SIGHT))
_FIND = prepare(_seen.where(T.c.id == bindparam("b_id")))
_NOW = prepare(
    _seen.where(
        T.c.id == func.customer_root(bindparam("b_id", type_=Uuid), type_=Uuid), T.c.merged_into.is_(None)
    )
)


class References:
    """Customers as known here, and the way to ask for one that is not.

    `http_client` follows no redirects and obeys no proxy of the environment.
    """

    def __init__(self, database: Database, http_client: httpx.AsyncClient, base_url: str) -> None:
        self._db = database
        self._http = http_client
        self._base_url = base_url.rstrip("/")

    async def require(self, customer_id: UUID, *, scope: Scope, token: str) -> CustomerRef:
        """The customer, or the one that it was merged into, for a caller with this scope and internal token.

        NotFound when there is none or it is out of the scope; Unavailable (`customer_unknown_yet`) when it
        is not known here and customer-svc cannot say so within a second. Never inside a transaction. What is
        known but out of sight is asked for like what is not known: it may just have come into sight, and
        nobody learns from the time it takes that it is there.
        """
        known = await self._now(customer_id, scope)
        if known is None:
            known = await self._read_through(customer_id, token)
        if not scope.allows(known.distributor_id, known.owner_id, known.org_unit_id):
            raise not_found("customer", "客户")
        return known

    async def named(self, channel: str, external_id: str, *, scope: Scope, token: str) -> CustomerRef:
        """Whose an identity is, for a caller with this scope and internal token; only customer-svc knows.

        A customer that was merged into another one is found itself: what is recorded goes home with it.
        Invalid at `/identity` when it is nobody's in sight (`customer_unknown`) or of several customers
        (`customer_ambiguous`); Forbidden when the caller may not read customers; Unavailable when
        customer-svc cannot say so within a second. Never inside a transaction. A foreign identity takes the
        same way as one that nobody has.
        """
        place = "/".join(quote(part, safe="") for part in (channel, external_id))
        response = await self._ask(f"by-identity/{place}", token)
        refusal = _REFUSALS.get(response.status_code)
        if refusal is not None:
            raise refusal()
        known = await self._kept(_read(response))
        if not scope.allows(known.distributor_id, known.owner_id, known.org_unit_id):
            raise _nobodys()
        origin = _id(response.headers.get(MERGED_FROM))
        return known if origin is None else await self._kept(_merged(origin, known))

    async def find(self, customer_id: UUID, scope: Scope = EVERYTHING) -> CustomerRef | None:
        """The customer as known here, if it is in sight."""
        async with self._db.read(scope) as reader:
            row = await reader.row(_FIND, b_id=customer_id, **sight(scope))
        return None if row is None else CustomerRef(**dict(row))

    async def _now(self, customer_id: UUID, scope: Scope) -> CustomerRef | None:
        """Who the customer is now, if that is known: events out of order may form a circle for a moment."""
        async with self._db.read(scope) as reader:
            row = await reader.row(_NOW, b_id=customer_id, **sight(scope))
        return None if row is None else CustomerRef(**dict(row))

    async def _read_through(self, customer_id: UUID, token: str) -> CustomerRef:
        response = await self._ask(str(customer_id), token)
        if response.status_code == httpx.codes.PERMANENT_REDIRECT:
            into = await self._read_through(_merged_into(response), token)
            await self._kept(_merged(customer_id, into))
            return into
        if response.status_code == httpx.codes.NOT_FOUND:
            raise not_found("customer", "客户")
        customer = _read(response)
        if customer is None or customer.id != customer_id:
            raise _unknown_yet()
        return await self._kept(customer)

    async def _kept(self, customer: CustomerRef | None) -> CustomerRef:
        """The customer, from now on known here, too; Unavailable if customer-svc did not tell it."""
        if customer is None:
            raise _unknown_yet()
        async with self._db.begin() as tx:
            await apply(tx, [customer])
        return customer

    async def _ask(self, place: str, token: str) -> httpx.Response:
        url = f"{self._base_url}/v1/customers/{place}"
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._http.get(url, headers={HEADER: token, INNER: "1"}, timeout=_PHASES)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise _unknown_yet() from error


def _read(response: httpx.Response) -> CustomerRef | None:
    if response.status_code != httpx.codes.OK:
        return None
    try:
        answer: dict[str, Any] = response.json()
        return from_answer(answer, response.headers.get("etag"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _merged(customer_id: UUID, into: CustomerRef) -> CustomerRef:
    """A customer of which only this is known; whatever an event tells of it is newer."""
    return replace(into, id=customer_id, status="merged", merged_into=into.id, version=0)


def _id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise _unknown_yet() from error


def _merged_into(response: httpx.Response) -> UUID:
    try:
        return UUID(response.json()["merged_into"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unknown_yet() from error


def _nobodys() -> Problem:
    return Invalid.at("/identity", "customer_unknown", en="There is no such customer.", zh="没有这个客户。")


def _several() -> Problem:
    return Invalid.at(
        "/identity",
        "customer_ambiguous",
        en="Several distributors have a customer of this name. Name the customer by its id.",
        zh="多个经销商使用此名称的客户，请改用客户 id。",
    )


def _unreadable() -> Problem:
    return Forbidden(
        "customers_unreadable",
        en="You may not read customers, so name the customer by its id.",
        zh="您无权查看客户，请改用客户 id。",
    )


_REFUSALS: Mapping[int, Callable[[], Problem]] = {
    httpx.codes.NOT_FOUND: _nobodys,
    httpx.codes.CONFLICT: _several,
    httpx.codes.FORBIDDEN: _unreadable,
}


def _unknown_yet() -> Problem:
    return Unavailable(
        "customer_unknown_yet",
        en="This customer is not known here yet. Try again shortly.",
        zh="该客户信息尚未同步，请稍后重试。",
    )
