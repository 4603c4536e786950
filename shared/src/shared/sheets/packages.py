"""A zip file that a stranger sent: looked over before it is opened, and never believed about its sizes."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

MOST_MEMBERS = 10_000
MOST_DIRECTORY = 2 * 1024 * 1024
MOST_UNPACKED = 2 * 1024 * 1024 * 1024
MOST_RATIO = 200
_RATIO_MATTERS = 16 * 1024 * 1024
_PIECE = 256 * 1024
_END, _LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _LOCATOR_SIZE, _END64_SIZE = 22, 20, 56
_MOST_COMMENT = 65_535
_ENCRYPTED = 0x1
_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|\\|\x00|(^|/)\.\.(/|$)")
_KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Refusal(Exception):
    """The file is refused; `code` is one of those that the words in `unpacking` know."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Package:
    """The members of a zip file that passed the look-over; what is unpacked is counted all together."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises Refusal for a file that is broken, too large when unpacked, or that points out of itself."""
        _check_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OverflowError, UnicodeDecodeError, NotImplementedError):
            raise Refusal("workbook_broken") from None
        self._left = MOST_UNPACKED
        self._check()

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def pieces(self, name: str) -> Iterator[bytes]:
        """The member's bytes; Refusal if it is not there, is broken, or is more than it said."""
        try:
            with self._zip.open(name) as member:
                while piece := member.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise Refusal("workbook_unpacks_too_large")
                    yield piece
        except (KeyError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
            raise Refusal("workbook_broken") from None

    def _check(self) -> None:
        members = self._zip.infolist()
        if len(members) > MOST_MEMBERS or len(self._zip.NameToInfo) != len(members):
            raise Refusal("workbook_suspicious")
        if any(_OUTSIDE.search(member.filename) for member in members):
            raise Refusal("workbook_suspicious")
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise Refusal("workbook_encrypted")
        if any(member.compress_type not in _KNOWN_METHODS for member in members):
            raise Refusal("workbook_suspicious")
        if sum(member.file_size for member in members) > MOST_UNPACKED or any(map(_swollen, members)):
            raise Refusal("workbook_unpacks_too_large")


def _swollen(member: zipfile.ZipInfo) -> bool:
    return member.file_size > max(_RATIO_MATTERS, MOST_RATIO * member.compress_size)


def _check_directory(file: IO[bytes]) -> None:
    """Refuse a list of members so long that only reading it would take seconds and gigabytes."""
    end = file.seek(0, 2)
    start = file.seek(max(0, end - _END_SIZE - _MOST_COMMENT - _LOCATOR_SIZE - _END64_SIZE))
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise Refusal("workbook_broken")
    (size,) = struct.unpack_from("<L", tail, place + 12)
    locator = place - _LOCATOR_SIZE
    if locator >= _END64_SIZE and tail[locator:].startswith(_LOCATOR):
        (size,) = struct.unpack_from("<Q", tail, locator - _END64_SIZE + 40)
    if size > MOST_DIRECTORY:
        raise Refusal("workbook_suspicious")
    if size > start + place:
        raise Refusal("workbook_broken")
