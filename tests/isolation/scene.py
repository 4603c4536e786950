"""Who is there: the owner's people, strangers with what is theirs, and all that can be asked."""

from dataclasses import dataclass

from tests.fuzz.operations import Operation
from tests.isolation.people import Asker
from tests.isolation.shop import Shop


@dataclass(frozen=True)
class House:
    """The owner's people: its key, who holds its customers, a colleague of the same unit, who sees all."""

    key: Asker
    holder: Asker
    mate: Asker
    chief: Asker
    distributor: str
    unit: str

    @property
    def everybody(self) -> tuple[Asker, ...]:
        return (self.key, self.holder, self.mate, self.chief)


@dataclass(frozen=True)
class Stranger:
    """Somebody out of whose sight the shop is, and what is theirs."""

    asker: Asker
    own: Shop


@dataclass(frozen=True)
class Scene:
    """All who ask, and all that can be asked."""

    operations: list[Operation]
    shop: Shop
    house: House
    administrator: Asker
    strangers: list[Stranger]
    nobody: Asker
