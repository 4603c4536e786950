"""Macros: what is often done to a complaint, under a name; and doing things to many complaints at once."""
