"""Whose orders a report is about: customers in sight who fit the filters, and what they bought in a time."""
