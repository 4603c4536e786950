"""An environment of its own, from a hashed lock, for a tool whose pins ours could not share."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import bootstrap
from tools.building import built


@dataclass(frozen=True)
class Environment:
    """What `requirements.in` in `wanted` asks for, as the lock beside it pins it, in the folder `where`."""

    wanted: Path
    where: Path

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.wanted / "requirements.lock"

    def made(self) -> Path:
        """The environment's folder, with everything in it that the lock names."""
        return built(self.where, [self.lock], self._install)

    def program(self, name: str) -> str:
        """A program of it, ready to run."""
        return str(self.made() / "bin" / name)

    def write_lock(self) -> None:
        """Write the lock anew, with hashes and without addresses."""
        options = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
        wanted = str(self.wanted / "requirements.in")
        self.lock.write_text(
            _uv("pip", "compile", *options, "--python-version", "3.11", wanted), encoding="utf-8"
        )

    def _install(self, folder: Path) -> None:
        _uv("venv", "--quiet", "--python", sys.executable, "--clear", str(folder))
        options = ["--quiet", "--require-hashes", "--compile-bytecode"]
        _uv("pip", "sync", *options, "--python", str(folder / "bin" / "python"), str(self.lock))


def run(command: list[str], more: dict[str, str] | None = None) -> str:
    """What the command prints; ends everything with its output when it fails."""
    environment = {**os.environ, **(more or {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _uv(*arguments: str) -> str:
    return run([str(bootstrap.VENV / "bin" / "uv"), *arguments], bootstrap.index_settings(os.environ))
