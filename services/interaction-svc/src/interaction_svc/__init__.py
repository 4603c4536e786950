"""The only authority on what passes between the company and its customers."""
