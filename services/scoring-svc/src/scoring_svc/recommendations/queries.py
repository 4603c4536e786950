"""Recommendations put together from the current build and what the customer bought."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, any_, bindparam, exists, func, select

from scoring_svc.bases.queries import LINES, O
from scoring_svc.facts import queries as facts
from scoring_svc.profiles.tables import CustomerProfile
from scoring_svc.recommendations import domain
from scoring_svc.recommendations.domain import Bought, Candidate, Product
from scoring_svc.recommendations.learning import ALL, WINDOW
from scoring_svc.recommendations.schemas import RecommendationQuery
from scoring_svc.recommendations.tables import Recommender, RecommenderProduct
from scoring_svc.scores import queries as scores
from shared.db import Reader, Record, in_sight, prepare, sight
from shared.references import root
from shared.references.tables import KNOWN, SIGHT

_R: Any = Recommender.__table__  # type: ignore[attr-defined]
_P: Any = RecommenderProduct.__table__  # type: ignore[attr-defined]
_C: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_MOST_BOUGHT = 500
_CURRENT = prepare(select(_R).where(_R.c.status == "current"))
_mine = _P.c.recommender_id == bindparam("b_id", type_=Uuid)
_BY_SKU = prepare(select(_P).where(_mine, _P.c.sku == any_(bindparam("b_skus", type_=ARRAY(Text)))))
_BY_NUMBER = prepare(
    select(_P.c.number, _P.c.sku, _P.c.category, _P.c.customers).where(
        _mine, _P.c.number == any_(bindparam("b_numbers", type_=ARRAY(Integer)))
    )
)
_BOUGHT = prepare(
    select(
        LINES.c.sku,
        func.max(LINES.c.category).label("category"),
        func.count().filter(~O.c.is_return).label("times"),
        func.max(O.c.ordered_at).label("last_at"),
        func.bool_or(O.c.is_return).label("returned"),
    )
    .join(O, O.c.order_id == LINES.c.order_id)
    .where(
        O.c.customer_id == any_(bindparam("b_family", type_=ARRAY(Uuid))),
        LINES.c.customer_id == any_(bindparam("b_family", type_=ARRAY(Uuid))),
        LINES.c.sku.is_not(None),
        ~O.c.voided,
        O.c.ordered_at >= bindparam("b_since", type_=DateTime(timezone=True)),
    )
    .group_by(LINES.c.sku)
    .order_by(func.max(O.c.ordered_at).desc(), LINES.c.sku)
    .limit(bindparam("b_most", type_=Integer))
)
_INDUSTRY = prepare(select(_C.c.industry).where(_C.c.customer_id == bindparam("b_id", type_=Uuid)))
_given = func.unnest(bindparam("b_skus", type_=ARRAY(Text))).column_valued("given")
_SOLD_HERE = prepare(
    select(_given.label("sku")).where(
        exists(
            select(LINES.c.sku)
            .join(KNOWN, KNOWN.c.id == LINES.c.customer_id)
            .where(LINES.c.sku == _given, in_sight(SIGHT))
        )
    )
)


async def recommend(reader: Reader, query: RecommendationQuery, now: datetime) -> dict[str, Any]:
    """The answer but for its words; nothing for a customer, or beside a product, that is not in sight."""
    build = await reader.row(_CURRENT)
    customer_id, bought, industry = await _customer(reader, query, now)
    if build is None or (query.customer_id is not None and customer_id is None):
        return _told(build, query, customer_id, "most_popular", [])
    if query.sku is not None:
        basis = "co_purchase"
        candidates = domain.along_with(await _with_sku(reader, build["id"], query.sku))
    else:
        basis, candidates = await _candidates(reader, build, query, (bought, industry))
    since = now - timedelta(days=query.just_bought_days)
    without = domain.kept_from(bought, also_bought=query.bought_before, since=since)
    if query.sku is not None:
        without.add(query.sku)
    chosen = await _chosen(reader, build["id"], candidates, without, query.limit)
    return _told(build, query, customer_id, basis, [_item(reader, *each) for each in chosen])


async def _customer(
    reader: Reader, query: RecommendationQuery, now: datetime
) -> tuple[UUID | None, list[Bought], str | None]:
    """Who it is now, what it bought, and its industry; nobody if it is not in sight."""
    if query.customer_id is None or not await scores.is_known(reader, query.customer_id):
        return None, [], None
    customer_id = await root(reader, query.customer_id)
    family = await facts.family(reader, customer_id)
    rows = await reader.rows(_BOUGHT, b_family=family, b_since=now - WINDOW, b_most=_MOST_BOUGHT)
    industry = await reader.value(_INDUSTRY, b_id=customer_id)
    return customer_id, [Bought(**dict(row)) for row in rows], industry


async def _candidates(
    reader: Reader, build: Record, query: RecommendationQuery, customer: tuple[Sequence[Bought], str | None]
) -> tuple[str, list[Candidate]]:
    """Why they are recommended, and in which order, before anything is left out."""
    bought, industry = customer
    of_segment = domain.segment_of(industry)
    known = build["popular"]
    if not bought and of_segment in known:
        return "popular_in_segment", domain.merged(
            domain.top(known[of_segment], "popular_in_segment"), domain.top(known[ALL])
        )
    basis = build["bases"][_task(query)] if bought else "most_popular"
    popular = domain.top(known[ALL])
    owned = await _named(reader, build["id"], [each.sku for each in bought])
    numbers = {product.sku: product.number for product in owned}
    first: list[Candidate] = []
    if query.bought_before and basis in {"bought_before", "co_purchase"}:
        first = domain.again(bought, numbers)
    if basis == "co_purchase":
        first = domain.merged(first, domain.along_with(owned))
    elif basis == "popular_in_categories":
        first = await _in_categories(reader, build, bought)
    return basis, domain.merged(first, popular)


def _task(query: RecommendationQuery) -> str:
    return "any" if query.bought_before else "new"


async def _with_sku(reader: Reader, build_id: UUID, sku: str) -> list[Product]:
    """The product itself, if anybody in sight bought it."""
    return await _named(reader, build_id, [sku]) if await _sold_here(reader, [sku]) else []


async def _named(reader: Reader, build_id: UUID, skus: Sequence[str]) -> list[Product]:
    rows = await reader.rows(_BY_SKU, b_id=build_id, b_skus=list(skus)) if skus else []
    return [Product(**{name: row[name] for name in Product.__slots__}) for row in rows]


async def _in_categories(reader: Reader, build: Record, bought: Iterable[Bought]) -> list[Candidate]:
    """The most popular products of the categories that the customer bought of."""
    kinds = sorted({each.category for each in bought if each.category is not None})
    rows = await reader.rows(
        select(_P.c.number, _P.c.customers)
        .where(_P.c.recommender_id == build["id"], _P.c.category.in_(kinds))
        .order_by(_P.c.customers.desc(), _P.c.number)
        .limit(_MOST_BOUGHT)
    )
    return domain.top([(row["number"], row["customers"]) for row in rows], "popular_in_categories")


async def _chosen(
    reader: Reader, build_id: UUID, candidates: Sequence[Candidate], without: set[str], most: int
) -> list[tuple[Candidate, Record]]:
    """The first `most` candidates that may be told to this caller, with their products."""
    some = candidates[: most + len(without) + _MOST_BOUGHT]
    rows = await reader.rows(_BY_NUMBER, b_id=build_id, b_numbers=[each.number for each in some])
    products = {row["number"]: row for row in rows if row["sku"] not in without}
    there = [each for each in some if each.number in products]
    if reader.scope.distributors is not None:
        seen = await _sold_here(reader, [products[each.number]["sku"] for each in there])
        there = [each for each in there if products[each.number]["sku"] in seen]
    return [(each, products[each.number]) for each in there[:most]]


async def _sold_here(reader: Reader, skus: Sequence[str]) -> set[str]:
    """Which of these products somebody in the caller's sight bought; all staff see all products."""
    if reader.scope.distributors is None:
        return set(skus)
    rows = await reader.rows(_SOLD_HERE, b_skus=list(skus), **sight(reader.scope))
    return {row["sku"] for row in rows}


def _item(reader: Reader, candidate: Candidate, product: Record) -> dict[str, Any]:
    """A partner is not told how many of the company's customers bought something."""
    counted = reader.scope.distributors is None
    return {
        "sku": product["sku"],
        "category": product["category"],
        "basis": candidate.basis,
        "weight": candidate.weight,
        "customers": product["customers"] if counted else None,
        "because": [(sku, customers if counted else None) for sku, customers in candidate.reasons],
    }


def _told(
    build: Record | None,
    query: RecommendationQuery,
    customer_id: UUID | None,
    basis: str,
    items: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "sku": query.sku,
        "basis": basis,
        "recommender_id": None if build is None else build["id"],
        "built_at": None if build is None else build["built_at"],
        "backtest": [] if build is None else domain.figures(build["card"], _task(query)),
        "data": items,
    }
