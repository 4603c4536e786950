"""PostgreSQL's binary COPY read as columns: rows of one width, so that numpy takes them as they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

Kind = Literal["uuid", "moment", "day", "bigint", "smallint", "double", "boolean"]

_HEADER = 19
_TRAILER = 2
_ROWS_AT_ONCE = 250_000
_WIRE = {
    "uuid": "V16",
    "moment": ">i8",
    "day": ">i4",
    "bigint": ">i8",
    "smallint": ">i2",
    "double": ">f8",
    "boolean": "?",
}
_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000, from where PostgreSQL counts; an infinite time is its largest number."""
_EPOCH_DAYS = 10_957
_FOREVER, _FOREVER_DAY = np.iinfo(np.int64).max, np.iinfo(np.int32).max


class WireError(Exception):
    """The stream is not made of rows of these columns, none of them null."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The columns of a COPY in their order. A time or day of 'infinity' stands for null, which it becomes."""

    columns: Mapping[str, Kind]

    def batches(self, path: Path) -> pa.RecordBatchReader:
        """The rows of a file that COPY … TO STDOUT (FORMAT binary) filled, a part at a time."""
        first = next(self._parts(path), None)
        empty = self._batch(np.empty(0, self._shape()))
        if first is None:
            return pa.RecordBatchReader.from_batches(empty.schema, [])
        return pa.RecordBatchReader.from_batches(empty.schema, map(self._batch, self._parts(path)))

    def _shape(self) -> np.dtype[Any]:
        """A row: how many fields, and for each its length and value."""
        fields: list[tuple[str, str]] = [("fields", ">i2")]
        for name, kind in self.columns.items():
            fields += [(f"{name} length", ">i4"), (name, _WIRE[kind])]
        return np.dtype(fields)

    def _parts(self, path: Path) -> Iterator[np.ndarray[Any, Any]]:
        shape = self._shape()
        rows, rest = divmod(path.stat().st_size - _HEADER - _TRAILER, shape.itemsize)
        if rest:
            raise WireError("a row has another width")
        with path.open("rb") as file:
            file.seek(_HEADER)
            for first in range(0, rows, _ROWS_AT_ONCE):
                part = np.fromfile(file, shape, count=min(_ROWS_AT_ONCE, rows - first))
                self._check(part)
                yield part

    def _check(self, part: np.ndarray[Any, Any]) -> None:
        sound = bool(np.all(part["fields"] == len(self.columns)))
        for name, kind in self.columns.items():
            sound &= bool(np.all(part[f"{name} length"] == np.dtype(_WIRE[kind]).itemsize))
        if not sound:
            raise WireError("a row has a null, or other columns")

    def _batch(self, part: np.ndarray[Any, Any]) -> pa.RecordBatch:
        arrays: Sequence[pa.Array] = [_array(kind, part[name]) for name, kind in self.columns.items()]
        return pa.RecordBatch.from_arrays(list(arrays), names=list(self.columns))


def _array(kind: Kind, values: np.ndarray[Any, Any]) -> pa.Array:
    if kind == "uuid":
        packed = pa.py_buffer(np.ascontiguousarray(values).tobytes())
        stored = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(values), [None, packed])
        return pa.ExtensionArray.from_storage(pa.uuid(), stored)
    if kind == "moment":
        return pa.array(values.astype(np.int64) + _EPOCH, mask=values == _FOREVER).cast(pa.timestamp("us"))
    if kind == "day":
        return pa.array(values.astype(np.int32) + _EPOCH_DAYS, mask=values == _FOREVER_DAY).cast(pa.date32())
    return pa.array(values.astype(values.dtype.newbyteorder("=")))
