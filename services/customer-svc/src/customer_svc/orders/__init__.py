"""Sales history: orders and returns."""
