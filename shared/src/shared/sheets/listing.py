"""A short list as a CSV that a spreadsheet opens safely: every cell quoted, none of them a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.sheets.texts import safe_cell


def listed(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """The values of these names in each row below a header, with a byte order mark; null is empty."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    for row in rows:
        writer.writerow([safe_cell("" if row[name] is None else str(row[name])) for name in names])
    return "\ufeff" + out.getvalue()
