"""Interactions by the thousand, from files and out again: in steps that may be sent again."""
