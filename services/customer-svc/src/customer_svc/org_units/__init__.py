"""Org units: how the company divides the work on its customers, by team, region, product line or mixed."""
