"""DuckDB reads a folder as the exact reader does, or leaves it to it."""

import gzip
import json
import random
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from scoring_svc.bulk.duck import duck
from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.inputs import TOPICS
from scoring_svc.modelling.reasons import CODES, NO_CODE, Reasons
from scoring_svc.scorefile import scoring
from scoring_svc.scorefile.columns import read_plain
from scoring_svc.scorefile.reading import FileError, read
from scoring_svc.scorefile.scoring import _drivers, score_folder

ROW = "a,2024-01-05,5,purchase"


def folder_of(folder: Path, transactions: bytes, **more: bytes) -> Path:
    (folder / "meta.json").write_text(json.dumps({"as_of": "2024-10-01", "horizon_weeks": 4}))
    for name, content in {"transactions": transactions, **more}.items():
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(content))
    return folder


def with_rows(*rows: str, header: str = "customer_id,ts,amount,kind") -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def plainly(folder: Path, scratch: Path) -> Facts | None:
    scratch.mkdir(exist_ok=True)
    with duck(scratch) as sql:
        logs = read_plain(folder, scratch, sql)
    return None if logs is None else scoring._facts(logs)


def assert_same(one: Facts, other: Facts) -> None:
    assert np.array_equal(one.customers, other.customers)
    for log in ("orders", "complaints", "contacts", "surveys", "promises"):
        for column in fields(getattr(one, log)):
            found, exact = (getattr(getattr(each, log), column.name) for each in (one, other))
            assert np.array_equal(found, exact, equal_nan=exact.dtype.kind in "fM"), (log, column.name)


def test_what_is_written_plainly_is_read_alike(tmp_path: Path) -> None:
    times = ["2024-01-05", "2024-01-05T10:00", "2024-01-05 10:00:01", "2024-01-05T10:00:00.123456"]
    times += ["2024-01-05T23:30:00+08:00", "2024-01-05 00:10-11:30", "2024-01-05T10:00:00.250Z"]
    rows = [f"c{place % 3},{ts},{amount},{kind}" for place, (ts, amount, kind) in enumerate(
        (ts, amount, kind) for ts in times for amount in ("5", "-3.25", "+0.1", "1000000000000000")
        for kind in ("purchase", "return")
    )]  # fmt: skip
    rows += ['"c,\n""x""",2024-02-29,1,purchase', "王, 2024-03-01,1,purchase".replace(" ", "")]
    complaints = (
        b"ts,customer_id,resolved_at,severity,more\n2024-01-01,c1,,3,x\n2024-01-02,c9,2024-01-03T08:00Z,1,\n"
    )
    folder = folder_of(
        tmp_path,
        b"\xef\xbb\xbf" + with_rows(*rows),
        complaints=complaints,
        contacts=b"customer_id,ts\r\nc1,2024-05-01\r\n",
        surveys=b"customer_id,ts,score\n\nc1,2024-05-01,4.5\n",
    )
    found = plainly(folder, tmp_path / "scratch")
    assert found is not None
    assert_same(found, read(folder).facts)


@pytest.mark.parametrize(
    "row",
    [
        "a,2024-W01-1,5,purchase", "a,20240105,5,purchase", "a,2024-01-05T10,5,purchase",
        "a,2024-01-05T10:00:00.1,5,purchase", "a,2024-01-05T10:00:00+0800,5,purchase",
        "a,2024-01-05,1_000,purchase",
        "a,2024-01-05, 5 ,purchase", "a,2024-01-05,5e3,purchase", '"a"b,2024-01-05,5,purchase',
    ],
)  # fmt: skip
def test_what_is_written_otherwise_is_left_to_the_exact_reader(tmp_path: Path, row: str) -> None:
    folder = folder_of(tmp_path, with_rows(ROW, row))
    assert plainly(folder, tmp_path / "scratch") is None
    assert len(read(folder).facts.orders.ts) == 2


@pytest.mark.parametrize(
    "row",
    [
        "a,2024-02-30,5,purchase", "a,0000-01-01,5,purchase", "a,0001-01-01T00:00+23:59,5,purchase",
        "a,9999-12-31T23:59-23:59,5,purchase", "a,2024-01-05T24:00,5,purchase",
        "a,2024-01-05T10:00:60,5,purchase",
        "a,2024-01-05,1000000000000001,purchase", "a,2024-01-05,,purchase", "a,2024-01-05,nan,purchase",
        ",2024-01-05,5,purchase", "a,2024-01-05,5,Purchase", "a,2024-01-05,5", "a,infinity,5,purchase",
    ],
)  # fmt: skip
def test_what_is_wrong_is_never_read_plainly_and_named(tmp_path: Path, row: str) -> None:
    folder = folder_of(tmp_path, with_rows(ROW, row))
    assert plainly(folder, tmp_path / "scratch") is None
    with pytest.raises(FileError, match="line 3"):
        score_folder(folder, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_folder_scored_by_the_bucket_says_what_it_says_in_memory(tmp_path: Path) -> None:
    chance = random.Random(3)
    rows = [
        f"c{chance.randrange(120):03d},2024-{chance.randrange(1, 13):02d}-{chance.randrange(1, 28):02d},"
        f"{chance.randrange(100, 9999) / 100},{'return' if chance.random() < 0.1 else 'purchase'}"
        for _ in range(900)
    ]
    folder = folder_of(tmp_path, with_rows(*rows), surveys=b"customer_id,ts,score\nc001,2024-05-01,2\n")
    outs = [tmp_path / f"{name}.csv" for name in ("memory", "bucket", "engine")]
    counts = {
        score_folder(folder, outs[0]),
        score_folder(folder, outs[1], large=1),
        score_folder(folder, outs[2], engine="duckdb"),
    }
    assert len(counts) == 1
    memory, bucket, engine = (out.read_text().splitlines() for out in outs)
    assert bucket == engine
    for one, other in zip(memory[1:], bucket[1:], strict=True):
        a, b = one.split(","), other.split(",")
        assert (a[0], a[4]) == (b[0], b[4])
        assert [float(each) for each in a[1:4]] == pytest.approx([float(each) for each in b[1:4]], rel=1e-9)


def test_drivers_of_everybody_are_those_of_each():
    chance = np.random.default_rng(3)
    topics = np.array([TOPICS.index(code.topic) for code in CODES])
    code = np.full((300, len(TOPICS)), NO_CODE)
    for row in code:
        for chosen in chance.choice(len(CODES), chance.integers(0, 8), replace=False):
            row[topics[chosen]] = chosen
    told = Reasons(code, np.where(code == NO_CODE, 0.0, 0.05 + chance.random(code.shape)))
    found = _drivers(told)
    assert found.tolist() == [";".join(told.drivers(index)) for index in range(300)]
    assert max(text.count(";") for text in found) > 2
