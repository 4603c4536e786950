"""The TypeScript client: types by openapi-typescript, requests by openapi-fetch, compiled and checked."""

import shutil
from pathlib import Path

from tools import npm
from tools.building import built
from tools.sdk.places import BUILT, DOCUMENT, HERE

_TEMPLATE = HERE / "typescript"
_SOURCES = ("index.ts", "package.json", "tsconfig.json")


def build() -> Path:
    """`build/sdk/typescript`, a package whose `dist` is ready to be imported."""
    npm.install()
    sources = [DOCUMENT, npm.LOCK, *(_TEMPLATE / name for name in _SOURCES)]
    return built(BUILT / "typescript", sources, _generate)


def _generate(folder: Path) -> None:
    for name in _SOURCES:
        shutil.copy(_TEMPLATE / name, folder / name)
    (folder / "node_modules").symlink_to(npm.FOLDER / "node_modules")
    _run(
        "openapi-typescript",
        str(DOCUMENT),
        "--default-non-nullable=false",
        "--output",
        str(folder / "schema.ts"),
    )
    _run("tsc", "--project", str(folder))


def _run(name: str, *arguments: str) -> None:
    done = npm.run(name, *arguments)
    if done.returncode != 0:
        raise SystemExit(f"{name} failed:\n{done.stdout}{done.stderr}")
