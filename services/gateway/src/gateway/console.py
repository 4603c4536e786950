"""The operator's own command: `python -m gateway admin` makes an administrator or resets one."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from pydantic import TypeAdapter, ValidationError

from gateway.app import terms
from gateway.sessions import commands as sessions
from gateway.settings import Settings
from gateway.staff import commands as staff
from gateway.staff.domain import FIRST_ADMIN
from gateway.staff.passwords import Passwords, generated
from gateway.staff.schemas import Username
from shared.db import Database
from shared.problems import Problem
from shared.settings import SettingsMissing

_FAILED = 2
_DESCRIPTION = """Make an administrator, or reset one: enabled, seeing everything, signed out everywhere.
The password comes from a file, from standard input, or from ADMIN_PASSWORD (or ADMIN_PASSWORD_FILE);
without any of them one is made and printed once. The command line never holds it."""


class _CannotError(Exception):
    """The text is a sentence for the operator."""


def administer(arguments: Sequence[str]) -> int:
    """Do what the command line says; the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        settings = Settings.load()
        username = TypeAdapter(Username).validate_python(asked.username)
        given = _given(asked, settings)
        password = given or generated()
        asyncio.run(_reset(settings, username, password))
    except ValidationError:
        return _sorry("this cannot be a user name")
    except (SettingsMissing, _CannotError) as error:
        return _sorry(str(error))
    except Problem as problem:
        return _sorry(problem.en)
    said = "as given" if given else f"{password} (shown only this once)"
    sys.stdout.write(f"account {username}, password {said}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gateway admin", description=_DESCRIPTION, allow_abbrev=False
    )
    parser.add_argument("--username", default=FIRST_ADMIN, help=f"whose account ({FIRST_ADMIN})")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--password-file", type=Path, metavar="FILE", help="a file that holds the password")
    source.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    source.add_argument("--generate", action="store_true", help="make one, even where ADMIN_PASSWORD is set")
    return parser


def _given(asked: argparse.Namespace, settings: Settings) -> str | None:
    if asked.generate:
        return None
    if asked.password_stdin:
        return _something(sys.stdin.readline().rstrip("\r\n"), "standard input")
    if asked.password_file is not None:
        try:
            text = asked.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise _CannotError("the password file cannot be read") from None
        return _something(text, "the password file")
    return settings.admin_password.get_secret_value() if settings.admin_password else None


def _something(password: str, where: str) -> str:
    if not password:
        raise _CannotError(f"{where} holds no password")
    return password


async def _reset(settings: Settings, username: str, password: str) -> None:
    database = Database(settings.database_url.get_secret_value(), max_size=1)
    await database.open()
    try:
        async with database.begin() as tx:
            await staff.reset_admin(tx, Passwords(), username, password)
            await sessions.forgive(tx, terms(settings).guard_key(username))
    except asyncpg.UndefinedTableError:
        raise _CannotError("the tables are missing: run `python -m gateway migrate` first") from None
    finally:
        await database.close()


def _sorry(why: str) -> int:
    sys.stderr.write(f"gateway: {why}\n")
    return _FAILED
