"""The only authority on customer master data: customers, channels, distributors, identities, orders."""
