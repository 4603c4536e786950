"""Series of visits 周期拜访: a rule of recurrence, and the visits that it makes ahead of time."""
