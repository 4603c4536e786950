"""Use over HTTP: the page of a key, the summary, and the door for reports, which is never published."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api_keys.queries import key_by_id
from gateway.limits.warden import Client, Warden
from gateway.usage import domain, queries
from gateway.usage.collector import Collector
from gateway.usage.schemas import Usage, UsageQuery, UsageSummary, UsageSummaryQuery
from shared.auth import signatures
from shared.http import Db, ReadDb, Router, needs
from shared.http.errors import answer
from shared.problems import Malformed, Unauthenticated
from shared.usage import reports

router = Router(tags=["usage"])
inner = APIRouter()
_COUNTED = ("calls", "client_errors", "server_errors", "limited")


async def _warden(request: Request) -> Warden:
    warden: Warden = request.state.warden
    return warden


@router.get(
    "/v1/api-keys/{key_id}/usage",
    operation_id="getApiKeyUsage",
    summary="How much a key called",
    response_model=Usage,
    **needs("api_keys:read"),
)
async def key_usage(
    key_id: UUID,
    query: Annotated[UsageQuery, Query()],
    db: ReadDb,
    database: Db,
    warden: Annotated[Warden, Depends(_warden)],
) -> dict[str, Any]:
    """Calls, errors and refusals by hour or day (UTC), what is left of the plan now, and the last use.

    A call counts when its answer is complete, and is shown within seconds.
    """
    await key_by_id(db, key_id)
    asked = domain.span(query.from_, query.to, query.granularity, database.now())
    found = await queries.periods(db, key_id, asked, query.granularity)
    return {
        "credential_id": key_id,
        "from": asked.begin,
        "to": asked.end,
        "granularity": query.granularity,
        "data": found,
        "total": {name: sum(period[name] for period in found) for name in _COUNTED},
        "limits": _limits(warden, key_id),
        "last_used_at": await queries.last_used(db, key_id),
    }


@router.get(
    "/v1/usage",
    operation_id="getUsage",
    summary="Who called most",
    response_model=UsageSummary,
    **needs("usage:read"),
)
async def usage(query: Annotated[UsageSummaryQuery, Query()], db: ReadDb, database: Db) -> dict[str, Any]:
    """People and keys by their calls within a time of at most 31 days, those with most first."""
    asked = domain.span(query.from_, query.to, "hour", database.now())
    rows = await queries.by_credential(db, asked, kind=query.kind, most=query.limit)
    data = [{**row, "credential_id": row["credential"]} for row in rows]
    return {"from": asked.begin, "to": asked.end, "data": data}


def _limits(warden: Warden, key_id: UUID) -> dict[str, Any]:
    plan, stands = warden.standing(Client(key_id))
    return {
        "plan": plan.code,
        "requests_per_minute": plan.requests_per_minute,
        "burst": plan.burst,
        "requests_per_day": plan.requests_per_day,
        "left": stands.left,
        "left_today": stands.left_today,
        "day_ends_in_seconds": stands.day_ends_in,
    }


async def report(request: Request) -> Response:
    """Take in a service's report (204); 401 unless it is signed with the secret that both know."""
    collector: Collector = request.state.collector
    secret: bytes | None = request.state.usage_secret
    body = await request.body()
    moment = request.headers.get(signatures.TIME_HEADER, "")
    signature = request.headers.get(signatures.SIGNATURE_HEADER, "")
    now = int(request.state.database.now().timestamp())
    if secret is None or not signatures.believed(secret, body, moment, signature, now):
        return answer(_not_believed(), request)
    try:
        uses = reports.read(body)
    except ValueError:
        return answer(Malformed("not_a_report", en="This is no report.", zh="不是有效的报告。"), request)
    collector.hear(uses)
    return Response(status_code=204)


def _not_believed() -> Unauthenticated:
    return Unauthenticated(
        "report_not_believed", en="The report is not signed as it must be.", zh="报告签名无效。"
    )


inner.add_route(reports.PATH, report, methods=["POST"], include_in_schema=False)
