"""How much each credential called, hour by hour, and the reports that tell it."""
