"""Orders in chunks that follow each other: one is written while the one before is committed."""

from collections.abc import Sequence

import pytest

from .conftest import counts

HEADER = "order_no,channel,ordered_at,amount_minor,customer_code,kind,return_of"


def order(number: str, channel: str = "shop", amount: int = 100, kind: str = "sale", of: str = "") -> str:
    return f"{number},{channel},2026-03-01T10:00:00Z,{amount},C-1,{kind},{of}"


def around_an_end(last: str, *firsts: str) -> str:
    """A file with this row at the end of a chunk, and these at the beginning of the next one."""
    others = [order(f"O-{place}") for place in range(999)]
    return written([*others, last, *firsts])


def written(rows: Sequence[str]) -> str:
    return "\n".join([HEADER, *rows])


@pytest.fixture(autouse=True)
async def buyer(customer):
    return await customer(code="C-1")


async def test_a_sale_at_the_end_of_a_chunk_is_returned_at_the_beginning_of_the_next(imported, client):
    done = await imported(around_an_end(order("S-1"), order("R-1", kind="return", of="S-1")), entity="orders")
    assert counts(done) == (1001, 1001, 0, 0, 0)
    found = (await client.get("/v1/orders", params={"kind": "return"})).json()["data"]
    assert [(one["order_no"], one["return_of"]) for one in found] == [("R-1", "S-1")]


async def test_an_order_that_comes_again_in_the_next_chunk_counts_once(imported):
    again = order("S-1"), order("S-1", amount=200)
    done = await imported(around_an_end(order("S-1"), *again), entity="orders")
    assert counts(done) == (1002, 1000, 1, 1, 0)


async def test_a_channel_that_both_chunks_bring_is_entered_once(imported, client):
    done = await imported(
        around_an_end(order("S-1", "kiosk"), order("S-2", "kiosk"), order("S-3", "fair")), entity="orders"
    )
    assert counts(done) == (1002, 1002, 0, 0, 0)
    channels = (await client.get("/v1/channels")).json()["data"]
    codes = [one["code"] for one in channels]
    assert [codes.count(code) for code in ("fair", "kiosk", "shop")] == [1, 1, 1]


async def test_refused_rows_are_counted_and_told_in_the_order_of_the_file(imported, faults):
    rows = [order(f"O-{place}", kind="loan" if place % 1000 == 500 else "sale") for place in range(3500)]
    done = await imported(written(rows), entity="orders")
    assert counts(done) == (3500, 3497, 0, 0, 3)
    assert [fault["line"] for fault in await faults(done)] == [502, 1502, 2502]
