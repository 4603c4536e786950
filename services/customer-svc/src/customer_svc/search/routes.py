"""The door to the search box."""

from typing import Annotated, Any

from fastapi import Query

from customer_svc.search import queries
from customer_svc.search.schemas import SearchQuery, SearchResults
from shared.http import ReadDb, Router, Sealing, needs

router = Router(tags=["customers"])


@router.get(
    "/v1/customers/search",
    operation_id="searchCustomers",
    summary="Find customers by what one remembers",
    response_model=SearchResults,
    **needs("customers:read"),
)
async def search_customers(query: Annotated[SearchQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """The best finds for one box, best first, without pages.

    `q` may be part of a name (Chinese from one character up, traditional or simplified; Latin words from
    three letters up), the beginning of its initials (`hnbh`) or of its reading (`hainab`) with or without
    the place in front, the last four or more digits of a phone number, the beginning of a code, or a Latin
    word with one slip. `matched` says which it was. Where hundreds fit alike, those with the shortest names
    are compared, so a longer search tells more apart. To page through all that contain a word, list with `q`.
    """
    return await queries.search(db, query, sealer)
