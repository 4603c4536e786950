"""Plan and deed: what became of the visits of a period, person by person."""
