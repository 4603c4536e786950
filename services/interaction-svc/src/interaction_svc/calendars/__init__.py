"""Calendars: when people work, day by day."""
