"""Which org unit a customer belongs to: the one that was named, else that of who looks after it."""

from collections.abc import Iterable, Mapping
from typing import Any, Self
from uuid import UUID

from customer_svc.customers.schemas import CustomerCreate
from customer_svc.org_units import queries as org_units
from customer_svc.org_units.domain import check_unit
from shared.db import Reader, Scope
from shared.problems import Invalid

_NOBODYS: Mapping[str, Any] = {"owner_id": None, "org_unit_id": None}


class Units:
    """The org units that some wishes name or, through an owner, mean; they stay until the end."""

    def __init__(self, named: Mapping[UUID, str], owners: Mapping[UUID, UUID]) -> None:
        self._named = named
        self._owners = owners

    @classmethod
    async def of(cls, db: Reader, wishes: Iterable[Mapping[str, Any]]) -> Self:
        """Read what these wishes need, at most two statements; `wishes` hold only what was sent.

        For a partner no unit exists: naming one, or an owner, must not tell whether it does.
        """
        asked = () if db.scope.distributors is not None else list(wishes)
        named = await org_units.known(db, (wanted.get("org_unit_id") for wanted in asked))
        unnamed = (wanted.get("owner_id") for wanted in asked if "org_unit_id" not in wanted)
        return cls(named, await org_units.units_of(db, unnamed))

    def completed(self, wanted: Mapping[str, Any], before: Mapping[str, Any] = _NOBODYS) -> dict[str, Any]:
        """The wish with the new owner's unit, if it names none and the owner has one.

        Raises Invalid for a unit that is named anew and is unknown or closed.
        """
        unit = wanted.get("org_unit_id")
        if unit is not None and unit != before["org_unit_id"]:
            check_unit(self._named.get(unit))
        owner = wanted.get("owner_id")
        if "org_unit_id" in wanted or owner is None or owner == before["owner_id"]:
            return dict(wanted)
        unit = self._owners.get(owner)
        return dict(wanted) if unit is None else {**wanted, "org_unit_id": unit}


def check_held(scope: Scope, record: Mapping[str, Any]) -> None:
    """Refuse to put a customer where narrowed staff would not see it: giving it away is assigning it."""
    if scope.holders is not None and scope.holders.isdisjoint((record["owner_id"], record["org_unit_id"])):
        raise Invalid.at(
            "/owner_id",
            "owner_out_of_sight",
            en="The owner or org unit lies outside what you see.",
            zh="该负责人或组织单元不在您的数据范围内。",
        )


def sent(wanted: CustomerCreate, scope: Scope, by: UUID) -> dict[str, Any]:
    """What a new customer's wish says of owner and unit; of narrowed staff it is their own by default."""
    told = {name: getattr(wanted, name) for name in _NOBODYS if name in wanted.model_fields_set}
    if scope.holders is None or told.get("owner_id") or told.get("org_unit_id") in scope.holders:
        return told
    return {**told, "owner_id": by}
