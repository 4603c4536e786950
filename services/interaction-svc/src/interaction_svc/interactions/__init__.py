"""Interactions: every call, mail, meeting, chat and message between the company and a customer."""
