"""Churn warnings: a customer who may be lost, brought before its owner until something came of it."""
