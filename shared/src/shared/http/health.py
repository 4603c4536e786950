"""Health for operators: alive, ready (and what is not), version."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from fastapi import Response
from pydantic import Field

from shared.http.door import Router, public
from shared.http.models import Output

Check = Callable[[], Awaitable[bool]]
_CHECK_SECONDS = 1.0


class Liveness(Output):
    """The process answers."""

    status: Literal["alive"]


class Readiness(Output):
    """Ready when every check is."""

    status: Literal["ready", "not ready"]
    checks: dict[str, bool] = Field(
        examples=[{"database": True, "migrations": True, "loops": True, "staying": True}]
    )


class Version(Output):
    """What runs here."""

    service: str = Field(examples=["customer-svc"])
    version: str = Field(examples=["0.1.0"])


async def findings(checks: Mapping[str, Check]) -> dict[str, bool]:
    """Every check's answer within a second; one that fails or hangs is not ready."""

    async def ask(check: Check) -> bool:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                return await check()
        except Exception:  # noqa: BLE001 - whatever it is, it is not ready
            return False

    answers = await asyncio.gather(*(ask(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))


def health_router(service: str, version: str, checks: Mapping[str, Check]) -> Router:
    """`/livez`, `/readyz`, `/version`."""
    router = Router(tags=["health"])

    not_ready = public()
    not_ready["responses"] = {503: {"model": Readiness, "description": "Not ready: what is false · 未就绪"}}

    @router.get("/livez", operation_id="getLiveness", summary="The process answers", **public())
    async def livez() -> Liveness:
        """For a supervisor: 200 as long as the process can answer at all."""
        return Liveness(status="alive")

    @router.get("/readyz", operation_id="getReadiness", summary="Ready to serve, or what is not", **not_ready)
    async def readyz(response: Response) -> Readiness:
        """For a balancer: asks the database, its migrations and the loops, each for at most a second."""
        found = await findings(checks)
        ready = all(found.values())
        if not ready:
            response.status_code = 503
            response.headers["Retry-After"] = "2"
        return Readiness(status="ready" if ready else "not ready", checks=found)

    @router.get("/version", operation_id="getVersion", summary="What runs here", **public())
    async def version_() -> Version:
        """The service and the version of its code."""
        return Version(service=service, version=version)

    return router
