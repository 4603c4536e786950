"""Service teams: who handles complaints together, under whose lead, and what each of them is good at."""
