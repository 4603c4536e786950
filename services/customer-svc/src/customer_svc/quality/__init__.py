"""How good the archive's data are: what is missing, invalid or stale of each customer, and where to begin."""
