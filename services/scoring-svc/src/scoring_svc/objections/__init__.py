"""Objections: customers about whom nothing is decided automatically (PIPL art. 24, GDPR art. 22)."""
