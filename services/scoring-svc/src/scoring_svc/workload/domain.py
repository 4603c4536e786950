"""What an owner can carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

FILL = "warnings.fill"
"""The job that raises what waits, wherever there is room."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """`most` warnings at a time for each owner, None: any number; `owners` have their own number."""

    most: int | None
    owners: Mapping[UUID, int | None]

    def of(self, owner: UUID | None) -> int | None:
        """What one owner can carry; what nobody owns is carried by nobody and never waits."""
        if owner is None:
            return None
        return self.owners.get(owner, self.most)


def capacity(rule: Mapping[str, Any]) -> Capacity:
    """The rule as it is stored."""
    return Capacity(rule["most"], {UUID(each["owner_id"]): each["most"] for each in rule["owners"]})
