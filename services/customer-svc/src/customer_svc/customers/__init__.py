"""The archive of customers and the history of every field."""
