"""What becomes of deeds before they are written: one text for each, few rows for many."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.audit.entries import COLUMNS, MOST_SUBJECTS, Entry, canonical, entry_id
from shared.audit.orphans import least_id
from shared.audit.readings import Reading, customers_in, entries_of, records_in
from shared.audit.tally import Tally

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ACTOR = UUID(int=1)


def refusal(**told: object) -> Entry:
    known = {"action": "getThing", "resource": "things", "actor_id": ACTOR, "status": 403, "code": "no"}
    return Entry(id=entry_id(AT), at=AT, kind="refusal", **{**known, **told})


def reading(*subjects: str, filters: tuple[str, ...] = (), actor: UUID = ACTOR) -> Reading:
    return Reading(AT, "getThing", "things", "staff", actor, filters, 200, b"", "request1", subjects)


moments = st.datetimes(datetime(1971, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments)
def test_ids_sort_by_the_moment(at: datetime) -> None:
    assert least_id(at) <= entry_id(at) < least_id(at + timedelta(milliseconds=1))
    assert entry_id(at).version == 7


texts = st.text(st.sampled_from("ab,\n"), max_size=3)
rows = st.tuples(
    st.just(UUID(int=7)),
    st.just(AT),
    *[texts] * 4,
    st.sampled_from([None, ACTOR]),
    st.lists(st.just(ACTOR), max_size=2).map(tuple),
    *[st.integers(0, 1)] * 2,
    st.lists(texts, max_size=2).map(tuple),
    st.integers(0, 1),
    texts,
    st.sampled_from([b"", b"\n"]),
    texts,
)


@given(rows, rows)
def test_no_two_rows_have_the_same_text(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert len(one) == len(COLUMNS)
    try:
        same = canonical(one) == canonical(other)
    except ValueError:
        return
    assert same == (one == other)


def test_equal_reads_of_a_moment_are_one_entry_that_names_all_records() -> None:
    ids = [str(uuid4()) for _ in range(3)]
    (told,) = entries_of([reading(ids[0]), reading(ids[1], ids[2]), reading(ids[0])])
    assert (told.subjects, told.records, told.times) == (tuple(ids), 4, 3)


def test_reads_that_differ_stay_apart() -> None:
    other = UUID(int=2)
    told = entries_of([reading("a"), reading("a", filters=("q",)), reading("a", actor=other)])
    assert [each.times for each in told] == [1, 1, 1]


def test_an_entry_names_two_hundred_records_at_most() -> None:
    ids = [str(uuid4()) for _ in range(250)]
    told = entries_of([reading(each) for each in ids])
    assert [len(each.subjects) for each in told] == [MOST_SUBJECTS, 50]
    (whole,) = entries_of([reading(*ids)])
    assert (len(whole.subjects), whole.records) == (MOST_SUBJECTS, 250)


def test_an_answer_names_records_and_customers_but_not_owners() -> None:
    record, customer, owner = (str(uuid4()) for _ in range(3))
    body = f'{{"data":[{{"id":"{record}","customer_id":"{customer}","owner_id":"{owner}","name":"id"}}]}}'
    assert (records_in(body.encode()), customers_in(body.encode())) == ([record], [customer])


def test_equal_refusals_are_told_once_and_then_counted() -> None:
    tally = Tally()
    assert tally.told(refusal()) is not None
    assert [tally.told(refusal()) for _ in range(999)] == [None] * 999
    (rest,) = tally.settled(AT + timedelta(minutes=1))
    assert (rest.times, rest.at) == (999, AT + timedelta(minutes=1))
    assert tally.settled(AT) == []
    assert tally.told(refusal()) is not None


@pytest.mark.parametrize("told", [{"status": 404}, {"code": "x"}, {"address": b"1"}, {"subjects": ("a",)}])
def test_other_refusals_are_told_by_themselves(told: dict[str, object]) -> None:
    tally = Tally()
    assert tally.told(refusal()) is not None
    assert tally.told(refusal(**told)) is not None


def test_whoever_varies_what_is_refused_makes_no_endless_rows() -> None:
    tally = Tally(most=10)
    told = [tally.told(refusal(address=b"%d" % number)) for number in range(500)]
    written = [each for each in told if each is not None]
    assert len(written) == 11
    assert written[-1].address == b""
    assert sum(each.times for each in (*written, *tally.settled(AT))) == 500
