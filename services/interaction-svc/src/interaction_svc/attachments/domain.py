"""What a file may be: told by its first bytes, held against its name and what its sender says."""

import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

import filetype

from interaction_svc.kinds import BY_BYTES, CSV, KINDS, OLD_OFFICE, SHEET, SLIDES, TEXT, WORD, Kind
from shared.problems import Invalid

HEAD_BYTES = 64 * 1024
"""So much of a file is looked at."""
LONGEST_NAME = 255
_LONGEST_ENDING = 20
_LOOKED_AT_AS_MARKUP = 4096
_UNSAID = ("", "application/octet-stream")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_MARKUP = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"<iframe", b"<body", b"<head")
_FOLDERS = ((b"word/", WORD), (b"xl/", SHEET), (b"ppt/", SLIDES))
_KNOWN = {kind.media_type: kind for kind in BY_BYTES}
_MAY_STAND_IN_TEXT = frozenset("\t\n\r\f")


def cleaned(name: str) -> str:
    """The file's own name: without folders, control and direction characters, at most 255 characters.

    Invalid (`name_missing`) if nothing is left of it.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(each for each in last if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Cn"))
    plain = " ".join(plain.split()).strip(". ")
    if not plain:
        raise Invalid.at("/file", "name_missing", en="The file has no name.", zh="文件没有名称。")
    if len(plain) <= LONGEST_NAME:
        return plain
    ending = PurePosixPath(plain).suffix[:_LONGEST_ENDING]
    return plain[: LONGEST_NAME - len(ending)].rstrip(". ") + ending


def judged(head: bytes, name: str, declared: str, *, allowed: Collection[str]) -> tuple[Kind, str]:
    """What the file is, and its name, with an ending if it had none.

    `head` are its first bytes, `declared` the media type that its sender says. Invalid: `type_not_allowed`
    for a kind that is not taken in, `type_mismatch` for a name or a type that its bytes belie.
    """
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    kinds = _found(head)
    if not kinds:
        raise _not_allowed()
    kind = next((each for each in kinds if ending in each.endings), kinds[0])
    known = any(ending in each.endings for each in KINDS)
    if ending and ending not in kind.endings:
        raise _mismatch("name") if known else _not_allowed()
    said = declared.lower()
    if said not in _UNSAID and said not in (kind.media_type, *kind.also):
        raise _mismatch("type")
    if kind.media_type not in allowed:
        raise _not_allowed()
    return kind, name if ending else f"{name}.{kind.endings[0]}"


def _found(head: bytes) -> tuple[Kind, ...]:
    """The kinds that files with these first bytes can be; none for what is not taken in."""
    if head.startswith(_OLE):
        return OLD_OFFICE
    if head.startswith(_ZIP):
        return tuple(kind for folder, kind in _FOLDERS if b"[Content_Types].xml" in head and folder in head)
    guessed = _KNOWN.get(filetype.guess_mime(head) or "")
    if guessed is not None:
        return (guessed,)
    return (TEXT, CSV) if _is_text(head) else ()


def _is_text(head: bytes) -> bool:
    """Text as somebody writes it, in UTF-8 or GB18030; not what a browser or a shell would run."""
    start = head[:_LOOKED_AT_AS_MARKUP].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"#!", b"<")) or any(word in start for word in _MARKUP):
        return False
    if filetype.guess_mime(head) is not None:
        return False
    text = _decoded(head)
    return text is not None and all(each.isprintable() or each in _MAY_STAND_IN_TEXT for each in text)


def _decoded(head: bytes) -> str | None:
    """The text, without a character that the end of the head cuts."""
    for encoding in ("utf-8-sig", "gb18030"):
        for cut in range(4):
            try:
                return head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                if len(head) < HEAD_BYTES:
                    break
    return None


def _not_allowed() -> Invalid:
    return Invalid.at(
        "/file", "type_not_allowed", en="Files of this kind are not taken in.", zh="不接受此类文件。"
    )


def _mismatch(what: str) -> Invalid:
    words = {"name": ("name", "名称"), "type": ("declared type", "声明的类型")}
    en, zh = words[what]
    return Invalid.at(
        "/file",
        "type_mismatch",
        en=f"The content of the file does not fit its {en}.",
        zh=f"文件内容与其{zh}不符。",
    )
