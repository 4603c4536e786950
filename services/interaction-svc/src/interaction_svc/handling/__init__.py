"""Handling: the verbs that take a complaint from one state to the next."""
