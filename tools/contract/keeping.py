"""The snapshots in `docs/api`: written, compared with the code, and with what was promised before."""

import fnmatch
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.bootstrap import ROOT
from tools.contract import events, operations

Document = dict[str, Any]

FOLDER = Path("docs/api")
DELIBERATE = FOLDER / "breaks.md"
_RULES: Mapping[str, Callable[[Document, Document], list[str]]] = {
    "openapi": operations.breaks,
    "asyncapi": events.breaks,
}
_VERSIONS = 20
"""How many earlier snapshots of the present version are looked at."""
_SHOWN = 40


def check(documents: Mapping[str, Document], root: Path = ROOT) -> int:
    """Say what is stale and what broke; 0 when all is well."""
    stale = [name for name, document in documents.items() if _written(root, name) != text(document)]
    for name in stale:
        _say(f"{_path(name)} is not what the code makes: run make snapshot, and commit it")
        _say(*_differences(_read(_written(root, name)), documents[name]))
    return int(_judge(documents, root) or bool(stale))


def snapshot(documents: Mapping[str, Document], root: Path = ROOT) -> int:
    """Write the documents; nothing when something broke that is not named."""
    if _judge(documents, root):
        return 1
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (root / _path(name)).write_text(text(document), encoding="utf-8")
    return 0


def text(document: Mapping[str, Any]) -> str:
    """The document for people and for `git diff`: sorted, indented, one line end at its end."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def deliberate(text: str) -> list[str]:
    """The breaks that are meant, from the first column of the table; `*` stands for anything."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def unnamed(found: list[str], meant: list[str]) -> list[str]:
    """Those of the breaks that nobody meant."""
    return [each for each in found if not any(_fits(each, pattern) for pattern in meant)]


def _judge(documents: Mapping[str, Document], root: Path) -> bool:
    """Whether something broke; says what."""
    notes = root / DELIBERATE
    meant = deliberate(notes.read_text(encoding="utf-8") if notes.exists() else "")
    found = [
        each
        for name, document in documents.items()
        for before in _before(root, name, document["info"]["version"])
        for each in _RULES[name](before, document)
    ]
    wrong = unnamed(list(dict.fromkeys(found)), meant)
    if wrong:
        _say(f"these changes break clients; undo them, or say in {DELIBERATE} why they are meant:")
        _say(*(f"| `{each}` | why |" for each in wrong[:_SHOWN]))
    return bool(wrong)


def _before(root: Path, name: str, version: str) -> Iterator[Document]:
    """The snapshots of this version that are known: the one here, and those that git remembers."""
    remembered = _git(root, "log", f"-{_VERSIONS}", "--format=%H", "--", str(_path(name))).split()
    texts = [_written(root, name), *(_git(root, "show", f"{each}:{_path(name)}") for each in remembered)]
    for text in dict.fromkeys(texts):
        document = _read(text)
        if document.get("info", {}).get("version") == version:
            yield document


def _git(root: Path, *arguments: str) -> str:
    """What git says; nothing where there is no repository."""
    answer = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return answer.stdout if answer.returncode == 0 else ""


def _differences(old: Document, new: Document) -> Iterator[str]:
    """The operations and events that came and went, or just that something is said otherwise."""
    before, after = _names(old), _names(new)
    yield from (f"  missing in the snapshot: {name}" for name in sorted(after - before))
    yield from (f"  only in the snapshot: {name}" for name in sorted(before - after))
    if before == after:
        yield "  the same operations and events, described otherwise"


def _names(document: Document) -> set[str]:
    paths = document.get("paths", {})
    found = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    return found | set(document.get("channels", {}))


def _written(root: Path, name: str) -> str:
    path = root / _path(name)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _read(text: str) -> Document:
    """The document; none where there is none, or where a merge left its marks in it."""
    try:
        found: Document = json.loads(text)
    except ValueError:
        return {}
    return found


def _path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def _fits(found: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(found, re.sub(r"[\[\]]", "?", pattern))


def _say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr)
