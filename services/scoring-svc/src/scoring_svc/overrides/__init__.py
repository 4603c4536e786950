"""Tier overrides: a tier that a person gave a customer, with a reason and an end."""
