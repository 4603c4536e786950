"""Promises 承诺: what was promised to a customer, by whom, until when, and what became of it."""
