"""How the people and the files of an interaction stand in one cell of a file: one in each line.

`陈静 <staff>`, `Tom Baker <contact:0192f0c1-…>`, `Grace` alone for somebody else; `photo.jpg <https://…>`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_BETWEEN = re.compile(r"[\n;；](?![^<]*>)")
_BESIDE = re.compile(r"(.*?)\s*<([^<>]*)>")
_OTHER = "other"


def participants_cell(people: Sequence[Mapping[str, Any]]) -> str:
    """One line for each."""
    return "\n".join(map(_participant, people))


def attachments_cell(files: Sequence[Mapping[str, Any]]) -> str:
    """One line for each."""
    return "\n".join(f"{_plain(one['name'])} <{one['url']}>" for one in files)


def read_participants(cell: str) -> list[dict[str, Any]]:
    """The inverse of `participants_cell`; semicolons separate as well. What fits is for the model to say."""
    return [_read_participant(*_cut(part)) for part in _parts(cell)]


def read_attachments(cell: str) -> list[dict[str, Any]]:
    """The inverse of `attachments_cell`; an address alone is its own name."""
    found = (_cut(part) for part in _parts(cell))
    return [{"name": name or url, "url": url or name} for name, url in found]


def _participant(one: Mapping[str, Any]) -> str:
    name, kind, known = _plain(one["name"] or ""), one["kind"], one["id"]
    if kind == _OTHER and known is None and name:
        return name
    beside = kind if known is None else f"{kind}:{known}"
    return f"{name} <{beside}>".lstrip()


def _read_participant(name: str, beside: str) -> dict[str, Any]:
    kind, _, known = beside.partition(":")
    said = {"kind": kind or _OTHER, "name": name, "id": known}
    return {field: value for field, value in said.items() if value}


def _plain(name: str) -> str:
    """A name without what separates."""
    return name.replace("<", "＜").replace(">", "＞").replace(";", ",").replace("；", "，").replace("\n", " ")


def _parts(cell: str) -> list[str]:
    return [part for part in map(str.strip, _BETWEEN.split(cell)) if part]


def _cut(part: str) -> tuple[str, str]:
    found = _BESIDE.fullmatch(part)
    return (found[1], found[2].strip()) if found else (part, "")
