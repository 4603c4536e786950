"""Deliveries: each event that a webhook wants, whether it arrived, and what was tried."""
