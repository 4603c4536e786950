"""Customers as this service refers to them; customer-svc is the authority."""
