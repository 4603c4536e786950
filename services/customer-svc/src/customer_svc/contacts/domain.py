"""Which part a contact plays in the customer's decisions."""

from typing import Literal, get_args

Role = Literal["decider", "influencer", "user", "gatekeeper", "payer"]
ROLES: tuple[str, ...] = get_args(Role)
