"""The operator's commands: `python -m <service> audit-verify | audit-retire`."""

import argparse
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from shared.audit.chain import Head, Keys
from shared.audit.journal import Journal
from shared.audit.retiring import BrokenAuditError, retire
from shared.audit.verify import Verdict, verify
from shared.db import Database
from shared.problems import Problem
from shared.sealing import Sealer
from shared.settings import ServiceSettings

VERIFY: Final = "audit-verify"
RETIRE: Final = "audit-retire"
HOLDS, BROKEN, CANNOT = 0, 1, 2
_ANCHOR = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


def add_to(parts: Any) -> None:
    """Add the commands to the parts that a service's command line knows."""
    verifying = parts.add_parser(VERIFY, help="follow the whole chain and name its first broken place")
    verifying.add_argument(
        "--anchor",
        action="append",
        default=[],
        type=_anchor,
        metavar="NUMBER:HASH",
        help="an end of the chain that was copied elsewhere (the log says `audit anchored`)",
    )
    retiring = parts.add_parser(RETIRE, help="take out old entries, in the owner's name")
    retiring.add_argument("--before", required=True, type=_day, metavar="YYYY-MM-DD")


async def run(name: str, settings: ServiceSettings, asked: argparse.Namespace) -> int:
    """Do what was asked; the exit code: 0 the audit holds, 1 it is broken, 2 nobody can tell."""
    url = settings.database_url
    if asked.part == RETIRE:
        if settings.database_owner_url is None:
            return _sorry(name, "only the owner may do this: DATABASE_OWNER_URL is missing")
        url = settings.database_owner_url
    sealer = Sealer(settings.data_key.get_secret_value())
    database = Database(url.get_secret_value(), max_size=2)
    await database.open()
    try:
        if asked.part == RETIRE:
            return await _retire(name, database, sealer, asked.before)
        return told(name, await verify(database, Keys.of(sealer), asked.anchor))
    except asyncpg.UndefinedTableError:
        return _sorry(name, "the tables are missing: migrate first")
    except Problem as problem:
        return _sorry(name, problem.en)
    finally:
        await database.close()


def told(name: str, verdict: Verdict) -> int:
    """Say what was found; the exit code."""
    broken, head = verdict.broken, verdict.head
    if broken is None:
        end = f"up to number {head.number} ({head.hash.hex()})" if head.number else "nothing is sealed yet"
        sys.stdout.write(f"{name}: the audit holds, {verdict.entries} entries, {end}\n")
        return HOLDS
    where = "an entry without a number" if broken.number is None else f"number {broken.number}"
    entry = f", entry {broken.entry_id}" if broken.entry_id else ""
    sys.stdout.write(f"{name}: the audit is broken at {where}{entry}: {broken.reason}\n")
    return BROKEN


async def _retire(name: str, database: Database, sealer: Sealer, before: datetime) -> int:
    try:
        gone = await retire(database, Journal(name, database, sealer), before=before)
    except BrokenAuditError as error:
        sys.stdout.write(f"{name}: the audit is broken ({error.broken.reason}), nothing was taken out\n")
        return BROKEN
    sys.stdout.write(f"{name}: {gone} entries were taken out\n")
    return HOLDS


def _anchor(text: str) -> Head:
    found = _ANCHOR.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("an anchor is NUMBER:HASH, the hash in 64 hex digits")
    return Head(int(found[1]), bytes.fromhex(found[2]))


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is YYYY-MM-DD") from None


def _sorry(name: str, why: str) -> int:
    sys.stderr.write(f"{name}: {why}\n")
    return CANNOT
