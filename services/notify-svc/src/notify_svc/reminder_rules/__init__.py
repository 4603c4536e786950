"""Reminders that come after something: the company's standing rules, and reminders that wait for an event."""
