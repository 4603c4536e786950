"""Which part a contact plays in the customer's decisions, and how close we are to it."""

from typing import Literal, get_args

Role = Literal["decider", "influencer", "user", "gatekeeper", "payer"]
ROLES: tuple[str, ...] = get_args(Role)
WEAKEST, STRONGEST = 1, 5
STRENGTH_WORDS = (
    "How close we are: 1 known by name 仅知其名, 2 has met us 见过面, 3 in regular touch 常有往来, "
    "4 trusts us 信任, 5 speaks for us 主动支持"
)
