"""What the demo makes up: the same every time, never in the future, and fitting what was bought."""

from datetime import UTC, datetime, timedelta

import pytest

from tonglu_local.demo import cast, sheets
from tonglu_local.demo.company import Company
from tonglu_local.demo.customers import Customer, invented
from tonglu_local.demo.histories import histories, invoices, weeks_to
from tonglu_local.demo.stories import story

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
COMPANY = Company(staff={person.username: person.username for person in cast.STAFF}, distributors={})


@pytest.fixture(scope="module")
def customers() -> list[Customer]:
    return invented(histories(invoices(weeks_to(NOW))))


@pytest.mark.parametrize("days", range(8))
def test_the_log_ends_in_the_week_before_now_and_keeps_its_weekdays(days: int) -> None:
    now = NOW + timedelta(days=days)
    weeks = weeks_to(now)
    moved, original = invoices(weeks), invoices(0)
    assert now - timedelta(weeks=1) < moved[-1].at <= now
    assert {new.at - old.at for new, old in zip(moved, original, strict=True)} == {timedelta(weeks=weeks)}


def test_the_whole_log_is_there(customers: list[Customer]) -> None:
    assert len(customers) == 4372
    assert sum(len(customer.history.invoices) for customer in customers) == 22_190


def test_companies_have_names_of_their_own_in_both_languages(customers: list[Customer]) -> None:
    companies = [customer for customer in customers if customer.kind == "organisation"]
    assert len({customer.name for customer in companies}) == len(companies)
    chinese = sum(customer.zh for customer in companies) / len(companies)
    assert 0.4 < chinese < 0.6


def test_the_same_log_is_surrounded_by_the_same_story(customers: list[Customer]) -> None:
    again = invented([customer.history for customer in customers[:200]])
    assert [one.name for one in again] == [one.name for one in customers[:200]]
    assert [story(one, until=NOW).contacts for one in again[:50]] == [
        story(one, until=NOW).contacts for one in again[:50]
    ]


def test_nothing_lies_in_the_future_and_complaints_end_after_they_began(customers: list[Customer]) -> None:
    told = [story(customer, until=NOW) for customer in customers]
    complaints = [complaint for each in told for complaint in each.complaints]
    assert max(contact.at for each in told for contact in each.contacts) <= NOW
    assert max(complaint.resolved_at or complaint.opened_at for complaint in complaints) <= NOW
    assert all(one.resolved_at is None or one.resolved_at > one.opened_at for one in complaints)


def test_large_customers_are_called_more_often(customers: list[Customer]) -> None:
    def contacts(least: int, below: int) -> float:
        chosen = [one for one in customers if least <= one.history.spent < below]
        return sum(len(story(one, until=NOW).contacts) for one in chosen) / len(chosen)

    assert contacts(5000, 10**9) > contacts(1500, 5000) > contacts(500, 1500) > contacts(0, 500) == 0


def test_a_file_is_written_while_it_is_read(customers: list[Customer]) -> None:
    sent: list[int] = []
    rows = sheets.customer_rows(customers[:3], COMPANY)
    stream = sheets.CsvStream(sheets.CUSTOMER_COLUMNS, rows, lambda: sent.append(1))
    assert sent == []
    text = stream.read().decode()
    assert len(sent) == 3
    assert len(text.splitlines()) == 4
    assert cast.TAG in text
