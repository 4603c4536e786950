"""Health for operators: alive, ready (and what is not), version."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import Response

from shared.http.door import Router, public

Check = Callable[[], Awaitable[bool]]
_CHECK_SECONDS = 1.0


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

    @router.get("/livez", operation_id="getLiveness", summary="The process answers", **public())
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz", operation_id="getReadiness", summary="Ready to serve, or what is not", **public())
    async def readyz(response: Response) -> dict[str, object]:
        found = await findings(checks)
        ready = all(found.values())
        if not ready:
            response.status_code = 503
            response.headers["Retry-After"] = "2"
        return {"status": "ready" if ready else "not ready", "checks": found}

    @router.get("/version", operation_id="getVersion", summary="What runs here", **public())
    async def version_() -> dict[str, str]:
        return {"service": service, "version": version}

    return router
