"""Interactions, which are another service's to keep: brought by imports, read by exports."""
