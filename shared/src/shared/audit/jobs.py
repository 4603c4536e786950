"""Following the chain as long work: when an auditor asks for it, and every night by itself."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import structlog

from shared import operations
from shared.audit import metrics
from shared.audit.chain import Keys
from shared.audit.verify import Verdict, verify
from shared.jobs import Every, JobContext, JobHandler

VERIFY: Final = "audit-verify"
_DAY = 86_400
_log = structlog.get_logger()

NIGHTLY: Final = Every(VERIFY, seconds=_DAY, first_after=3600)


def handlers(service: str, keys: Keys) -> Mapping[str, JobHandler]:
    """The work by its name."""
    return {VERIFY: partial(_verify, service, keys)}


async def _verify(service: str, keys: Keys, context: JobContext, _args: dict[str, Any]) -> None:
    verdict = await verify(context.db, keys)
    if verdict.broken is not None:
        metrics.broken.add(1, {"service": service})
        _log.error("audit broken", number=verdict.broken.number, reason=verdict.broken.reason)
    if context.operation_id is not None:
        async with context.begin() as tx:
            await operations.progress(tx, context.operation_id, done=verdict.entries, result=result(verdict))


def result(verdict: Verdict) -> dict[str, Any]:
    """What the operation tells of it."""
    broken = verdict.broken
    return {
        "entries": verdict.entries,
        "number": verdict.head.number,
        "hash": verdict.head.hash.hex(),
        "broken": broken
        and {
            "number": broken.number,
            "reason": broken.reason,
            "entry_id": broken.entry_id and str(broken.entry_id),
        },
    }
