"""When an import can be undone, and what may keep one of its records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from shared.problems import Conflict

Code = Literal["changed_since", "in_use", "gone", "key_taken", "value_not_allowed"]
CODES: tuple[str, ...] = get_args(Code)
REASONS: Mapping[str, tuple[str, str]] = {
    "changed_since": ("was changed after the import", "导入后已被修改"),
    "in_use": ("others refer to it: orders, returns, contacts, identities, customers", "已被其他记录引用"),
    "gone": ("is not there any more, or not yours any more", "已不存在，或已不属于您"),
    "key_taken": ("its former code or value is another one's now", "原代码或原值已被其他记录使用"),
    "value_not_allowed": ("the former value is not allowed any more", "原值已不符合现行规则"),
}
"""Why a record stays, in English and Chinese."""

MOST_KEPT = 10_000
_ATTRIBUTES = "attributes"
_IDS = ("referred_by",)
"""The fields of those that imports change which hold ids."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A record of an import: the versions that it left, and the first line that it came from."""

    record_id: UUID
    kind: str
    versions: tuple[int, ...]
    line: int

    @property
    def made(self) -> bool:
        """Whether the import made it; it changed it otherwise."""
        return self.versions[0] == 1

    def is_as_left(self, version: int) -> bool:
        """Whether a record that the import made has had no other version than those of the import."""
        return self.versions == tuple(range(1, version + 1))


class Kept(NamedTuple):
    """A record that stays, or one field of it, and why."""

    touched: Touched
    code: Code
    field: str | None = None


class Change(NamedTuple):
    """What the import wrote into a field, and what stood there before."""

    field: str
    old: Any
    new: Any


def as_before(record: Mapping[str, Any], changes: Sequence[Change]) -> tuple[dict[str, Any], list[str]]:
    """The fields as they were before these changes (newest first), and those that somebody changed since.

    An attribute is a field of its own: another one that was changed since does not hold it back.
    """
    now = dict(record)
    stay: set[str] = set()
    for change in changes:
        if change.field == _ATTRIBUTES:
            now[_ATTRIBUTES], others = _attributes_before(now[_ATTRIBUTES], change.old, change.new)
            stay.update(f"{_ATTRIBUTES}.{key}" for key in others)
        elif _told(now[change.field]) == change.new:
            now[change.field] = _meant(change)
        else:
            stay.add(change.field)
    return {name: value for name, value in now.items() if record[name] != value}, sorted(stay)


def _told(value: Any) -> Any:
    """A value as the history holds it, where ids stand as texts."""
    return str(value) if isinstance(value, UUID) else value


def _meant(change: Change) -> Any:
    return UUID(change.old) if change.field in _IDS and change.old is not None else change.old


def _attributes_before(
    now: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    before = dict(now)
    stay: list[str] = []
    for key in _different(old, new):
        if now.get(key) != new.get(key):
            stay.append(key)
        elif key in old:
            before[key] = old[key]
        else:
            before.pop(key, None)
    return before, stay


def _different(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    return (key for key in sorted(one.keys() | other.keys()) if one.get(key) != other.get(key))


def check_undoable(entry: Mapping[str, Any]) -> None:
    """Raise Conflict for an import that is still under way, a preview, or one that is undone or being so."""
    if entry["dry_run"]:
        raise Conflict("import_preview", en="A preview stored nothing.", zh="预览未写入任何数据。")
    if entry["status"] in ("queued", "running"):
        raise Conflict("import_running", en="The import is still under way.", zh="导入仍在进行中。")
    if entry["undone_at"] is not None:
        raise Conflict("import_undone", en="The import is undone already.", zh="该导入已撤销。")
    if entry["undo_status"] in ("queued", "running"):
        raise Conflict("undo_running", en="The import is being undone.", zh="该导入正在撤销中。")
