"""What every service stands on: transactions, events, HTTP habits, jobs; names no service."""
