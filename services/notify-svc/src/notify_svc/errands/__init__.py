"""Reminders that events ask for: a call to a customer at risk, a complaint to handle."""
