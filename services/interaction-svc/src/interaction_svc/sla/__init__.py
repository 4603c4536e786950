"""Deadlines: until when a complaint must be handled, and whether that was kept."""
