"""Who referred a customer leaves with it, and is understood by an import."""

import csv
import io

from .conftest import exported


async def test_an_exported_customer_tells_who_referred_it(client, imported, customer):
    referrer = await customer(code="C-0")
    await customer(code="C-1", name="王小明", kind="person", referred_by=referrer["id"])
    raw = await exported(client, entity="customers", format="csv", encoding="utf-8-bom")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert {row["code"]: row["referred_by"] for row in rows} == {"C-0": "", "C-1": referrer["id"]}
    assert (await imported(raw, entity="customers"))["unchanged"] == 2
