"""Telling people in time: warnings, breaches and the chain of escalation, each exactly once."""
