"""A folder of logs in, predictions out: by the same code as everything else, never by what comes later."""

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scoring_svc.modelling.features import features
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.model import learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.reasons import CATEGORIES
from scoring_svc.scorefile.reading import FileError, read
from scoring_svc.scorefile.scoring import score_folder
from scoring_svc.scorefile.writing import COLUMNS

CDNOW = Path(__file__).parents[1] / "data/cdnow_sample.csv.gz"
AS_OF = "1997-09-30T23:59"
LATER = [("1", "1997-10-02", "40.00", "purchase"), ("99999", "1998-01-01T08:00:00Z", "5", "return")]
COMPLAINED = [
    ("1", "1997-09-01T08:00:00+08:00", "3", ""),
    ("10", "1997-08-01", "1", "1997-08-05 12:00"),
    ("100", "1997-07-01", "2", "1997-12-01"),
]


def bought() -> list[tuple[str, ...]]:
    with gzip.open(CDNOW, "rt", encoding="utf-8") as lines:
        return [
            (row["customer_id"], row["date"], row["amount"], "purchase")
            for row in csv.DictReader(lines)
            if row["date"] <= AS_OF
        ]


def put(folder: Path, name: str, header: str, rows: list[tuple[str, ...]]) -> None:
    with gzip.open(folder / name, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


def told(folder: Path, **given: list[tuple[str, ...]]) -> Path:
    """A folder with the sample's orders, and what else is given."""
    folder.mkdir()
    (folder / "meta.json").write_text(json.dumps({"as_of": AS_OF, "horizon_weeks": 13}))
    rows = bought() + given.pop("transactions", [])
    put(folder, "transactions.csv.gz", "customer_id,ts,amount,kind", rows)
    headers = {"complaints": "severity,resolved_at", "contacts": "", "surveys": "score"}
    for name, more in given.items():
        put(folder, f"{name}.csv.gz", ",".join(filter(None, ("customer_id,ts", headers[name]))), more)
    return folder


def predicted(folder: Path) -> list[dict[str, str]]:
    out = folder.with_suffix(".csv")
    count = score_folder(folder, out)
    with out.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert (len(rows), list(rows[0])) == (count, list(COLUMNS))
    assert not list(out.parent.glob("*.part"))
    return rows


def test_a_file_says_what_the_model_says(tmp_path):
    rows = predicted(told(tmp_path / "log", complaints=COMPLAINED))
    facts = read(tmp_path / "log").facts
    as_of = np.datetime64(AS_OF, "us")
    known = features(facts, as_of)
    said = foresee(known, learn(facts, as_of, horizon_weeks=13.0), Policy())
    assert [row["customer_id"] for row in rows] == sorted({customer for customer, *_ in bought()})
    for name, column in (
        ("churn_probability", said.risk.probability),
        ("expected_purchases", said.expected_orders),
        ("expected_value", said.expected_value),
    ):
        assert [float(row[name]) for row in rows] == [float(value) for value in column[known.bought]]
    drivers = {row["customer_id"]: row["drivers"].split(";") for row in rows}
    assert set().union(*drivers.values()) - {""} <= set(CATEGORIES)
    assert "complaint" in drivers["1"]
    assert "complaint" in drivers["100"]  # resolved later is open now


def test_what_comes_later_changes_nothing(tmp_path):
    now = [("1", "1997-09-03", "2", "1997-09-20")]
    later = [("1000", "1997-10-01", "3", ""), ("1001", "1997-11-01", "1", "1997-11-02")]
    told(tmp_path / "now", complaints=now, contacts=[("1", "1997-09-03")], surveys=[])
    told(
        tmp_path / "later",
        transactions=LATER,
        complaints=now + later,
        contacts=[("1", "1997-09-03"), ("10", "1997-10-30")],
        surveys=[("1005", "1998-01-01", "1")],
    )
    assert predicted(tmp_path / "now") == predicted(tmp_path / "later")
    assert (tmp_path / "now.csv").read_bytes() == (tmp_path / "later.csv").read_bytes()


@pytest.mark.parametrize(
    ("name", "row", "sentence"),
    [
        ("transactions", ("1", "1997-02-30", "5", "purchase"), "transactions.csv.gz, line 3: ts"),
        ("transactions", ("1", "", "5", "purchase"), "transactions.csv.gz, line 3: ts"),
        ("transactions", ("1", "0001-01-01T00:00+23:59", "5", "purchase"), "line 3: ts"),
        ("transactions", ("", "1997-02-03", "5", "purchase"), "line 3: customer_id"),
        ("transactions", ("1", "1997-02-03", "NaN", "purchase"), "line 3: amount"),
        ("transactions", ("1", "1997-02-03", "1e300", "purchase"), "line 3: amount"),
        ("transactions", ("1", "1997-02-03", "five", "purchase"), "line 3: amount"),
        ("transactions", ("1", "1997-02-03", "5", "gift"), "line 3: kind"),
        ("transactions", ("1", "1997-02-03", "5"), "line 3: has 3 cells, the header 4"),
        ("complaints", ("1", "1997-02-03", "4", ""), "complaints.csv.gz, line 2: severity"),
        ("complaints", ("1", "1997-02-03", "3", "soon"), "complaints.csv.gz, line 2: resolved_at"),
        ("surveys", ("1", "1997-02-03", "0"), "surveys.csv.gz, line 2: score"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path, monkeypatch, name, row, sentence):
    monkeypatch.setattr(sys.modules[__name__], "bought", lambda: [("1", "1997-01-01", "5", "purchase")])
    told(tmp_path / "log", **{name: [row]})
    with pytest.raises(FileError, match=sentence) as found:
        read(tmp_path / "log")
    assert not any(cell in str(found.value) for cell in row if len(cell) > 1)


@pytest.mark.parametrize(
    ("meta", "sentence"),
    [
        (None, "meta.json is missing"),
        ("{", "must hold as_of"),
        ("[]", "must hold as_of"),
        ('{"as_of": "yesterday", "horizon_weeks": 13}', "must hold as_of"),
        ('{"as_of": 5, "horizon_weeks": 13}', "must hold as_of"),
        ('{"as_of": "1997-09-30"}', "must hold as_of"),
        ('{"as_of": "1997-09-30", "horizon_weeks": 0}', "horizon_weeks must be"),
        ('{"as_of": "1997-09-30", "horizon_weeks": true}', "horizon_weeks must be"),
        ('{"as_of": "1997-09-30", "horizon_weeks": NaN}', "horizon_weeks must be"),
    ],
)
def test_what_is_asked_must_be_said(tmp_path, meta, sentence):
    if meta is not None:
        (tmp_path / "meta.json").write_text(meta)
    with pytest.raises(FileError, match=sentence):
        read(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"\xff\xfe"), gzip.compress(b"a,b\n" * 9)[:20]],
    ids=["empty", "plain", "not UTF-8", "cut off"],
)
def test_a_file_that_is_none_is_named(tmp_path, content):
    (tmp_path / "meta.json").write_text(json.dumps({"as_of": AS_OF, "horizon_weeks": 13}))
    with pytest.raises(FileError, match=r"transactions.csv.gz is missing"):
        read(tmp_path)
    (tmp_path / "transactions.csv.gz").write_bytes(content)
    with pytest.raises(FileError, match=r"transactions.csv.gz (cannot be read|has no column)"):
        read(tmp_path)


def test_the_command_says_how_many_or_what_is_wrong(tmp_path, monkeypatch):
    few = [("1", "1997-01-01", "5", "purchase"), ("2", "1997-03-01", "-5", "return")]
    monkeypatch.setattr(sys.modules[__name__], "bought", lambda: few)
    folder, out = told(tmp_path / "log"), tmp_path / "out.csv"

    def run(*arguments: object) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "scoring_svc.scorefile", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return done.returncode, done.stdout, done.stderr

    assert run(folder, out) == (0, f"1 customers in {out}\n", "")
    assert [row["customer_id"] for row in csv.DictReader(out.read_text().splitlines())] == ["1"]
    code, _, said = run(tmp_path / "nowhere", tmp_path / "none.csv")
    assert (code, said) == (2, "score-file: meta.json is missing\n")
    code, _, said = run(folder, tmp_path / "nowhere" / "none.csv")
    assert code == 2
    assert "cannot be written" in said
