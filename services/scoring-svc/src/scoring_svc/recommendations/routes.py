"""The door for HTTP: what to offer."""

from typing import Annotated, Any

from fastapi import Query, Request

from scoring_svc.recommendations import queries, rendering
from scoring_svc.recommendations.schemas import RecommendationQuery, RecommendationsRead
from shared.http import Db, ReadDb, Router, needs
from shared.http.errors import chinese

router = Router(tags=["recommendations"])


@router.get(
    "/v1/recommendations",
    operation_id="listRecommendations",
    summary="What to offer a customer, or with a product 商品推荐",
    description=(
        "Products that customers like this one bought, with the reason; or what is bought with `sku`. Never "
        "what the customer returned. Each answer says which method speaks and how it and the simple ones did "
        "on baskets that they had not seen: if nothing beat the most popular, these are told. Learnt each "
        "night and after bulk loads from the orders of 104 weeks. A customer without orders gets what sells "
        "best in its industry. Partners are told of products that their own customers buy."
    ),
    response_model=RecommendationsRead,
    **needs("scores:read"),
)
async def list_recommendations(
    query: Annotated[RecommendationQuery, Query()], db: ReadDb, database: Db, request: Request
) -> dict[str, Any]:
    found = await queries.recommend(db, query, database.now())
    zh = chinese(request.headers.get("accept-language"))
    return {**found, "data": [{**item, "reasons": rendering.reasons(item, zh=zh)} for item in found["data"]]}
