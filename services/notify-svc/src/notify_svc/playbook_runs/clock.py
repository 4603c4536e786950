"""Door for time: facts are taken in, steps taken, other services asked, runs of archived playbooks ended."""

from typing import Any

import structlog

from notify_svc.playbook_runs import asking, commands, facts, stepping
from notify_svc.playbook_runs.clients import Peers, RequestMessages
from notify_svc.playbook_runs.intake import take_facts
from shared.db import Database
from shared.jobs import JobContext
from shared.problems import Problem, Unavailable

LOOK_SECONDS = 1.0
FORGET = "playbooks.forget"
_STOPPED_AT_ONCE = 200
_log = structlog.get_logger()


async def run_until_quiet(database: Database, request: RequestMessages) -> None:
    """Take in facts and have runs take steps, in turns, until there is nothing to do now.

    Any number of replicas may do so at once; however many customers enter, each playbook gets its turn.
    """
    busy = True
    while busy:
        async with database.begin(timeout=30) as tx:
            taken = await take_facts(tx)
        stepped = await _steps(database, request)
        busy = await _lead_out(database) or stepped or taken > 0


async def _steps(database: Database, request: RequestMessages) -> bool:
    """Steps of many runs together; one by one when one of them cannot be taken, which then waits alone."""
    try:
        async with database.begin(timeout=30) as tx:
            return bool(await stepping.step_due(tx, request))
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - which run it was is found out one by one
        _log.warning("playbook steps failed together", error=type(error).__name__)
        return await _one_by_one(database, request)


async def _one_by_one(database: Database, request: RequestMessages) -> bool:
    async with database.begin() as tx:
        due = await stepping.due_now(tx)
    for run_id, failures in due:
        try:
            async with database.begin() as tx:
                await stepping.step_one(tx, run_id, request)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the run waits, the others go on
            code = error.code if isinstance(error, Problem) else "step_failed"
            _log.warning("playbook step failed", run_id=str(run_id), error=type(error).__name__)
            async with database.begin() as tx:
                await stepping.postpone(tx, run_id, failures, code=code)
    return bool(due)


async def _lead_out(database: Database) -> bool:
    """End some runs of archived playbooks whose runs shall end; whether there were any."""
    stopped = 0
    async with database.begin() as tx:
        for playbook_id in await commands.stopping(tx):
            stopped += await commands.stop_some(tx, playbook_id, most=_STOPPED_AT_ONCE)
    return stopped > 0


async def ask_services(database: Database, peers: Peers) -> None:
    """Ask other services for what steps want of them."""
    await asking.ask_until_quiet(database, peers)


async def forget_facts(job: JobContext, _args: dict[str, Any]) -> None:
    """Forget the facts that no dry run looks back to."""
    forgotten = 1
    while forgotten:
        async with job.begin() as tx:
            forgotten = await facts.forget(tx)
