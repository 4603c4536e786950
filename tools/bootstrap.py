"""Makes `.venv` from the lock file on a machine that has nothing but Python 3.11, git and make.

    python3 tools/bootstrap.py

Standard library only. The second run changes nothing. Packages come from where pip is configured to look;
nothing about that place is written down.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "tonglu.stamp"
LOCK = ROOT / "requirements.lock"
# What pip calls it, and uv.
INDEX_SETTINGS = (
    ("index-url", "UV_DEFAULT_INDEX"),
    ("extra-index-url", "UV_INDEX"),
    ("find-links", "UV_FIND_LINKS"),
    ("trusted-host", "UV_INSECURE_HOST"),
    ("cert", "SSL_CERT_FILE"),
    ("client-cert", "SSL_CLIENT_CERT"),
    ("no-index", "UV_NO_INDEX"),
    ("proxy", "ALL_PROXY"),
    ("timeout", "UV_HTTP_TIMEOUT"),
)


def main() -> None:
    _become_a_new_enough_python()
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two `make` at once: the second finds the work done
        if _is_done():
            STAMP.touch()
            return
        print("Setting up .venv from requirements.lock (once; about half a minute) …", flush=True)
        _make_venv()
        _install()
        STAMP.write_text(_digest())


def members(root: Path = ROOT) -> list[Path]:
    """The folders of the workspace, which are installed editable."""
    return [
        pyproject.parent
        for pattern in ("shared", "services/*", "deploy/local")
        for pyproject in sorted(root.glob(f"{pattern}/pyproject.toml"))
    ]


def _become_a_new_enough_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            os.execv(found, [found, __file__])  # noqa: S606 -- becoming that Python is the purpose
    _stop("Tonglu needs Python 3.11 or newer; install one, or name it: make PYTHON=/path/to/python3.11")


def _digest() -> str:
    """What the environment was made from; the place counts because scripts in `.venv/bin` name it."""
    sources = [LOCK, *(member / "pyproject.toml" for member in members())]
    return hashlib.sha256(b"\0".join([str(ROOT).encode(), *map(Path.read_bytes, sources)])).hexdigest()


def _is_done() -> bool:
    return STAMP.is_file() and STAMP.read_text() == _digest() and _venv_works()


def _venv_works() -> bool:
    python = VENV / "bin" / "python"
    test = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    return python.exists() and subprocess.run([python, "-c", test], check=False).returncode == 0


def _make_venv() -> None:
    config = VENV / "pyvenv.cfg"
    if _venv_works() and f"-m venv {VENV}" in config.read_text():  # else moved here, with broken scripts
        return
    if importlib.util.find_spec("ensurepip") is None:
        _install_ensurepip()
    if subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False).returncode != 0:
        _stop(f"python -m venv failed; see above, then remove {VENV} and try again")


def _install_ensurepip() -> None:
    """Debian ships Python without it."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        _stop(f"This Python cannot make virtual environments: install {package} or python3-venv")
    if not (_apt("install", package) or (_apt("update") and _apt("install", package))):
        _stop(f"apt-get could not install {package}, which this Python needs for virtual environments")


def _apt(*arguments: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", "-y", "--no-install-recommends", *arguments]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        sys.stderr.write(answer.stderr)
    return answer.returncode == 0


def _install() -> None:
    python = VENV / "bin" / "python"
    if not (VENV / "bin" / "uv").exists():
        _install_uv(python)
    environment = {**os.environ, **index_settings(os.environ)}
    uv = [VENV / "bin" / "uv", "--quiet", "pip"]
    _run([*uv, "sync", "--python", python, "--require-hashes", LOCK], environment)
    editable = [word for member in members() for word in ("--editable", member)]
    _run([*uv, "install", "--python", python, "--no-build-isolation", "--no-deps", *editable], environment)
    _compile(python)


def _compile(python: Path) -> None:
    """Import everything once, or each of the ten processes would compile it for itself at its first start."""
    named = "; ".join(f"import {service.name.replace('-', '_')}.app" for service in _services())
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    _run([python, "-c", named], environment)


def _services() -> list[Path]:
    return [member for member in members() if member.parent.name == "services"]


def _install_uv(python: Path) -> None:
    """The locked uv, by pip, which knows the configured index itself."""
    block = re.search(r"^uv==.*(?:\n\s+--hash.*)+", LOCK.read_text(), re.MULTILINE)
    if block is None:
        _stop("requirements.lock does not name uv; run make lock")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write(block.group())
        wanted.flush()
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        _run([python, "-m", "pip", "install", *options, "-r", wanted.name], dict(os.environ))


def index_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Environment that makes uv look where pip is configured to look; what is set for uv already wins."""
    configured = _pip_settings()
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "true", "UV_NO_PROGRESS": "1"}
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # all indexes are equal, as for pip; hashes decide
    for ours, theirs in INDEX_SETTINGS:
        values = [value for value in configured.get(ours, "").split() if _reachable(value)]
        if values:
            settings[theirs] = " ".join(values)
    if "UV_FIND_LINKS" in settings:
        settings["UV_FIND_LINKS"] = settings["UV_FIND_LINKS"].replace(" ", ",")
    if not _home_is_writable(environ):
        settings["UV_NO_CACHE"] = "1"
    return {name: value for name, value in settings.items() if name not in environ}


def _pip_settings() -> dict[str, str]:
    """Pip's own answer about its files and environment; the environment comes last and wins."""
    answer = subprocess.run(
        [VENV / "bin" / "python", "-m", "pip", "config", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in answer.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.partition(".")
        sections.setdefault(section, {})[key] = str(ast.literal_eval(value))
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def _reachable(value: str) -> bool:
    """False for a local folder that does not exist, which pip overlooks and uv complains about."""
    parts = urlsplit(value)
    if parts.scheme == "file":
        return Path(unquote(parts.path)).exists()
    return not value.startswith("/") or Path(value).exists()


def _home_is_writable(environ: Mapping[str, str]) -> bool:
    cache = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "/nonexistent") / ".cache")
    nearest = next(folder for folder in (cache, *cache.parents) if folder.exists())
    return nearest != Path("/") and os.access(nearest, os.W_OK)


def _run(command: Iterable[object], environment: dict[str, str]) -> None:
    words = [str(word) for word in command]
    if subprocess.run(words, env=environment, check=False).returncode != 0:
        _stop(f"setting up .venv failed at: {' '.join(words[:4])}; see above, then run make again")


def _stop(sentence: str) -> NoReturn:
    raise SystemExit(sentence)


if __name__ == "__main__":
    main()
