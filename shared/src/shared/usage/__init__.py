"""What each credential asked of a service: counted in memory, reported to the gateway, which limits it."""

from shared.usage.reports import Reporter
from shared.usage.tally import INNER, Tally, Use

__all__ = ["INNER", "Reporter", "Tally", "Use"]
