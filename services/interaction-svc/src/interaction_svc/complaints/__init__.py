"""Complaints: cases with an owner and a deadline per step, and a result that is told to the customer."""
