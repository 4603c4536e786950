"""What can be kept as a view, and who may change it."""

from typing import Literal, get_args

Entity = Literal["customers", "orders"]
ENTITIES: tuple[Entity, ...] = get_args(Entity)
MOST_OF_ONE = 200
"""So many views one person can keep."""
