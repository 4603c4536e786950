"""Visits 拜访: planned at a customer, carried out and reported, cancelled, or missed."""
