"""What the lock files say and promise: pinned, hashed, free of addresses, enough for the pyprojects.

python -m tools.locks      prints what is wrong and ends with 1, or ends with 0
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tools.bootstrap import ROOT, members

ADDRESS = re.compile(r"\w+://|^\s*(?:-i|--index-url|--extra-index-url|-f|--find-links)\b", re.MULTILINE)
OURS = "tonglu"
BUILD = Path("deploy/requirements-build.lock")
NODE = Path("tools/node/package-lock.json")
OF_TOOLS = tuple(Path("tools") / tool / "requirements.lock" for tool in ("schemathesis", "sdk", "spark"))
"""Of tools with an environment of their own."""


def main() -> None:
    found = list(problems(ROOT))
    print(*found, sep="\n", file=sys.stderr)
    sys.exit(1 if found else 0)


def deployed_members(root: Path = ROOT) -> list[Path]:
    return [folder for folder in members(root) if folder.name != "shared"]


def name_of(member: Path) -> str:
    name: str = _table(member / "pyproject.toml")["project"]["name"]
    return name


def requirements(lock: Path) -> list[Requirement]:
    """The pins of a lock file with their markers, without hashes."""
    lines = (line.split("\\")[0].strip() for line in lock.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "--hash"))]


def problems(root: Path) -> Iterator[str]:
    """One sentence for each broken promise."""
    needed = {root / "requirements.lock": [*members(root), root]}
    needed |= {member / "requirements.lock": [member] for member in deployed_members(root)}
    if not (root / BUILD).exists():
        yield f"{BUILD}: missing; run make lock"
    for lock, folders in needed.items():
        name = lock.relative_to(root)
        if not lock.exists():
            yield f"{name}: missing; run make lock"
            continue
        faults = list(_faults(lock)) or _unsatisfied(lock, folders, root)
        yield from (f"{name}: {fault}" for fault in faults)
    for tool in OF_TOOLS:
        yield from (f"{tool}: {fault}" for fault in _faults(root / tool))
    yield from (f"{NODE}: {fault}" for fault in _node_faults(root / NODE))


def _node_faults(lock: Path) -> Iterator[str]:
    """Npm's lock: every package with its hash, no addresses, and what package.json asks for."""
    if not lock.exists():
        yield "missing; run make lock"
        return
    text = lock.read_text(encoding="utf-8")
    if found := re.search(r"\w+://[^\"]*", text):
        yield f"names an address: {found.group()}"
    packages = json.loads(text)["packages"]
    for name, package in packages.items():
        if name and not package.get("integrity", "").startswith("sha512-"):
            yield f"no hash: {name}"
    wanted = json.loads((lock.parent / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    if packages[""].get("devDependencies") != wanted:
        yield "does not fit package.json; run make lock"
    for name, version in wanted.items():
        if packages.get(f"node_modules/{name}", {}).get("version") != version:
            yield f"not pinned: {name} {version}; run make lock"


def _faults(lock: Path) -> Iterator[str]:
    text = lock.read_text()
    if found := ADDRESS.search(text):
        yield f"names an address of a package index: {found.group().strip()}"
    for block in re.split(r"\n(?=\S)", text.strip()):
        if not re.match(r"[\w.-]+==\S+", block):
            yield f"not pinned: {block.splitlines()[0]}"
        elif "--hash=sha256:" not in block:
            yield f"no hash: {block.splitlines()[0]}"


def _unsatisfied(lock: Path, folders: list[Path], root: Path) -> Iterator[str]:
    pins: dict[str, list[str]] = {}
    for pin in requirements(lock):
        pins.setdefault(canonicalize_name(pin.name), []).extend(each.version for each in pin.specifier)
    for folder in folders:
        for wanted in _wanted(folder, root):
            versions = pins.get(canonicalize_name(wanted.name), [])
            if not versions:
                yield f"lacks {wanted}, which {name_of(folder)} needs; run make lock"
            elif not all(wanted.specifier.contains(version, prereleases=True) for version in versions):
                yield f"has {wanted.name} {versions}, {name_of(folder)} needs {wanted}; run make lock"


def _wanted(folder: Path, root: Path) -> Iterator[Requirement]:
    """What a member asks for, also through other members; for the root its development tools as well."""
    table = _table(folder / "pyproject.toml")
    groups = [line for group in table.get("dependency-groups", {}).values() for line in group]
    for line in [*table["project"]["dependencies"], *(each for each in groups if isinstance(each, str))]:
        requirement = Requirement(line)
        if requirement.name.startswith(OURS):
            sibling = next(member for member in members(root) if name_of(member) == requirement.name)
            yield from _wanted(sibling, root)
        else:
            yield requirement


def _table(pyproject: Path) -> dict[str, Any]:
    return tomllib.loads(pyproject.read_text())


if __name__ == "__main__":
    main()
