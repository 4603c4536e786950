"""Attributes of customers and contacts, judged by the definitions of custom fields."""

from collections.abc import Iterable, Mapping
from typing import Any, Self
from uuid import UUID

from customer_svc.custom_fields import queries as custom_fields
from customer_svc.custom_fields.domain import Definition, Entity, Judged, Target, judge, pointer
from customer_svc.customers import queries
from customer_svc.distributors import queries as distributors
from customer_svc.staff import queries as staff
from shared.db import Reader
from shared.problems import FieldError, Invalid


class Attributes:
    """The definitions of an entity, and which of the records that some attributes name are there."""

    def __init__(self, definitions: list[Definition], there: Mapping[Target, frozenset[UUID]]) -> None:
        self._definitions = definitions
        self._there = there

    @classmethod
    async def of(cls, db: Reader, entity: Entity, wishes: Iterable[Mapping[str, Any]]) -> Self:
        """Read what is needed to judge these attributes: one statement, and one per kind of reference."""
        definitions = await custom_fields.definitions(db, entity)
        if all(one.target is None for one in definitions):
            return cls(definitions, {})
        named: dict[Target, set[UUID]] = {}
        for wanted in wishes:
            for _, target, record in judge(definitions, wanted).named:
                named.setdefault(target, set()).add(record)
        return cls(definitions, {target: await _there(db, target, ids) for target, ids in named.items()})

    def checked(self, wanted: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The attributes as they are stored; Invalid names every one that is wrong."""
        judged = judge(self._definitions, wanted, before)
        errors = (*judged.errors, *self._unknown(judged))
        if errors:
            raise Invalid(
                "invalid_input",
                en="Some fields are missing or wrong.",
                zh="部分字段缺失或有误。",
                errors=errors,
            )
        return judged.attributes

    def _unknown(self, judged: Judged) -> list[FieldError]:
        return [
            FieldError(pointer(key), "reference_unknown", "names no such record", "引用的记录不存在")
            for key, target, record in judged.named
            if record not in self._there.get(target, frozenset())
        ]


async def _there(db: Reader, target: Target, ids: set[UUID]) -> frozenset[UUID]:
    """Which of these exist in sight."""
    if target == "customer":
        return frozenset(await queries.known(db, ids))
    if target == "distributor":
        return await distributors.known(db, ids)
    return await staff.known(db, ids)
