"""The feature query says what the numerics say, and nothing of it is loaded before it is needed."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.bulk.base import opened
from scoring_svc.bulk.chunks import chunks, teachers
from scoring_svc.bulk.engines import DuckEngine
from scoring_svc.bulk.query import COLUMNS
from scoring_svc.bulk.recorded import add_facts
from scoring_svc.bulk.wire import Wire, WireError
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.features import Features, features

START = np.datetime64("2024-01-01T00:00", "us")
MOMENT = np.datetime64("2024-03-31T12:00", "us")
CUSTOMERS = ["a", "b", "c"]
who = st.sampled_from(CUSTOMERS)
times = st.integers(0, 120 * 24 * 4).map(lambda quarter: START + np.timedelta64(quarter * 15, "m"))
ends = st.none() | times


def rows(**columns: st.SearchStrategy) -> st.SearchStrategy:
    """Up to a dozen rows of a log, by column."""
    names = ["customer", "ts", *columns]
    return st.lists(st.tuples(who, times, *columns.values()), max_size=12).map(
        lambda found: {name: [row[place] for row in found] for place, name in enumerate(names)}
    )


scores = st.integers(10, 50).map(lambda tenth: tenth / 10)
parts = st.just(float("nan")) | scores
logs = st.fixed_dictionaries(
    {
        "orders": rows(amount=st.integers(0, 10**7).map(lambda cents: cents / 100), is_return=st.booleans()),
        "complaints": rows(severity=st.integers(1, 4), resolved=ends),
        "contacts": rows(direction=st.sampled_from(["in", "out", ""])),
        "surveys": rows(score=scores, quality=parts, attitude=parts, delivery=parts),
        "promises": rows(settled=ends),
        "referrals": rows(),
    }
)


def assert_same(found: Features, known: Features, at: np.ndarray) -> None:
    for part in ("rhythm", "care"):
        for column in fields(getattr(known, part)):
            one, other = (getattr(getattr(each, part), column.name) for each in (found, known))
            if other.dtype.kind == "M":
                assert np.array_equal(one, other[at], equal_nan=True), column.name
            else:
                np.testing.assert_allclose(one, other[at], rtol=1e-12, atol=1e-9, err_msg=column.name)


def assert_equal_in_bulk(folder: Path, facts: Facts, as_of: np.datetime64, *, buckets: int) -> None:
    known, seen = features(facts, as_of), 0
    with opened(folder, as_of.item(), key="VARCHAR", rows=buckets * 2_500_000, customers=1) as base:
        assert base.buckets == buckets
        add_facts(base, facts)
        assert base.count() == len(facts)
        for chunk in chunks(base, DuckEngine()):
            at = np.searchsorted(facts.customers, chunk.customers)
            assert_same(chunk.known, known, at)
            seen += len(chunk.customers)
    assert seen == len(facts)


@settings(max_examples=15, deadline=None)
@given(given=logs)
def test_whatever_happened_the_query_finds_the_same_features(tmp_path_factory, given):
    facts = record(CUSTOMERS, **given)
    assert_equal_in_bulk(tmp_path_factory.mktemp("base"), facts, MOMENT, buckets=1)


@pytest.mark.parametrize("as_of", ["2024-11-15T12:00", "2024-02-01", "2023-01-01"])
def test_a_year_of_a_few_hundred_customers_in_buckets(tmp_path, invent, as_of):
    assert_equal_in_bulk(tmp_path, invent(300, 3), np.datetime64(as_of, "us"), buckets=3)


def test_the_query_knows_every_feature():
    facts = record(["a"], orders={"customer": ["a"], "ts": ["2024-01-01"], "amount": [1.0]})
    assert set(features(facts, MOMENT).row(0)) == set(COLUMNS)


def test_teachers_are_every_nth_buyer_with_all_that_is_known_of_them(tmp_path, invent, monkeypatch):
    facts, as_of = invent(60, 4), np.datetime64("2024-11-15T12:00", "us")
    monkeypatch.setattr("scoring_svc.bulk.chunks.TEACHERS", 20)
    with opened(tmp_path, as_of.item(), key="VARCHAR", rows=1, customers=1) as base:
        add_facts(base, facts)
        taught = teachers(base)
    buyers = np.flatnonzero(features(facts, as_of).bought)
    chosen = facts.chosen(buyers[:: -(-len(buyers) // 20)])
    assert np.array_equal(taught.customers, chosen.customers)
    assert_same(features(taught, as_of), features(chosen, as_of), np.arange(len(chosen)))


def test_nobody_teaches_before_the_first_order(tmp_path):
    with opened(tmp_path, MOMENT.item(), key="VARCHAR", rows=0, customers=0) as base:
        assert len(teachers(base)) == 0
        assert [len(chunk.customers) for chunk in chunks(base, DuckEngine())] == [0]


def test_a_stream_with_a_null_or_of_other_columns_is_refused(tmp_path):
    wire, file = Wire({"n": "smallint"}), tmp_path / "copied"
    row = b"\0\1" + b"\0\0\0\2" + b"\0\7"
    file.write_bytes(bytes(19) + row * 3 + b"\xff\xff")
    assert wire.batches(file).read_all()["n"].to_pylist() == [7, 7, 7]
    for wrong in (b"\0\1\xff\xff\xff\xff", b"\0\2" + row[2:]):
        file.write_bytes(bytes(19) + row + wrong + b"\xff\xff")
        with pytest.raises(WireError):
            wire.batches(file).read_all()


def test_the_service_starts_without_loading_any_engine():
    heavy = {"duckdb", "ibis", "pyarrow", "pandas", "pyspark", "sqlglot"}
    code = "import sys, scoring_svc.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert not heavy & {name.partition(".")[0] for name in done.stdout.split()}
