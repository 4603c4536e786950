"""Writes the hashed lock files; what is already locked stays as it is unless it is named for an upgrade.

    python -m tools.lock [--upgrade all | --upgrade fastapi --upgrade starlette …]

The resolver works in a copy of the workspace's pyprojects, because its own lock file records the addresses of
the package index it used, and those belong to nobody's repository.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools import bootstrap, locks
from tools.bootstrap import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description="write requirements.lock files")
    parser.add_argument("--upgrade", action="append", default=[], metavar="PACKAGE", help="or `all`")
    upgrade = set(parser.parse_args().upgrade)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy_pyprojects(copy)
        _pin(copy / "pyproject.toml", [] if "all" in upgrade else _pins(upgrade))
        _uv(copy, "lock", "--quiet")
        for lock, selection in _outputs():
            lock.write_text(_export(copy, selection))
            print(f"wrote {lock.relative_to(ROOT)}")


def _copy_pyprojects(copy: Path) -> None:
    for folder in (Path(), *(member.relative_to(ROOT) for member in bootstrap.members())):
        (copy / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / folder / "pyproject.toml", copy / folder / "pyproject.toml")


def _pins(upgrade: Iterable[str]) -> list[str]:
    lock = ROOT / "requirements.lock"
    if not lock.exists():
        return []
    return [str(pin) for pin in locks.requirements(lock) if pin.name not in set(upgrade)]


def _pin(pyproject: Path, pins: Iterable[str]) -> None:
    constraints = f"constraint-dependencies = {list(pins)!r}"
    pyproject.write_text(pyproject.read_text().replace("[tool.uv]\n", f"[tool.uv]\n{constraints}\n", 1))


def _outputs() -> Iterable[tuple[Path, list[str]]]:
    """Each lock file with what goes into it: the root has all for development, a service what it runs on."""
    yield ROOT / "requirements.lock", ["--all-packages", "--all-groups"]
    yield ROOT / locks.BUILD, ["--only-group", "build"]
    for member in locks.deployed_members():
        yield member / "requirements.lock", ["--no-default-groups", "--package", locks.name_of(member)]


def _export(copy: Path, selection: list[str]) -> str:
    plain = ["--no-emit-workspace", "--no-header", "--no-annotate"]
    return _uv(copy, "export", "--frozen", "--quiet", *plain, *selection)


def _uv(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, **bootstrap.index_settings(os.environ)}
    where = ["--directory", str(folder), "--python", str(bootstrap.VENV / "bin" / "python")]
    command = [str(bootstrap.VENV / "bin" / "uv"), *arguments, *where]
    answer = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, env=environment)
    if answer.returncode != 0:
        raise SystemExit("the locks are unchanged: uv found no fitting set of versions; see --upgrade")
    return str(answer.stdout)


if __name__ == "__main__":
    main()
