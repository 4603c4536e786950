"""A process that makes a workbook of lines: `python -m shared.sheets.bookmaking`, see `booking`.

It reads one JSON list of texts for each row at its standard input and writes the file that its only argument
names. Every cell is a text, none a formula; memory stays the same however many rows there are.
"""

import gc
import json
import resource
import sys
from pathlib import Path
from typing import IO

import xlsxwriter

from shared.sheets.texts import is_formula

MEMORY_BYTES = 640 * 1024 * 1024
CPU_SECONDS = 600
_MOST_BYTES = 1024 * 1024 * 1024


def make(lines: IO[str], path: Path) -> None:
    """One sheet of the rows in `lines`; the first one stays in sight."""
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        quoted = book.add_format({"quote_prefix": True})
        for number, line in enumerate(lines):
            for place, text in enumerate(json.loads(line)):
                if text:
                    sheet.write_string(number, place, text, quoted if is_formula(text) else None)


def _limited() -> None:
    for kind, most in (
        (resource.RLIMIT_FSIZE, _MOST_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
    ):
        resource.setrlimit(kind, (most, most))


def main() -> None:
    """Make the workbook."""
    _limited()
    gc.disable()  # nothing here is a ring, and there are millions of small things to look through
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    make(sys.stdin, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
