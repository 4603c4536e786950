"""A base from facts that are in memory already."""

from __future__ import annotations

from dataclasses import fields

import pyarrow as pa

from scoring_svc.bulk.base import FACTS, Base
from scoring_svc.modelling.facts import Facts


def add_facts(base: Base, facts: Facts) -> None:
    """Add every log of the facts, and their customers; the base's ids are text."""
    base.sql.register("given", pa.table({"customer": facts.customers.astype(str)}))
    base.add("customers", "SELECT * FROM given")
    base.sql.unregister("given")
    for name in FACTS:
        log = getattr(facts, name)
        columns = {each.name: getattr(log, each.name) for each in fields(log) if each.name != "customer"}
        base.sql.register(
            "given", pa.table({"customer": facts.customers[log.customer].astype(str), **columns})
        )
        base.add(name, "SELECT * FROM given")
        base.sql.unregister("given")
