"""The only authority on scores: tier, value, churn risk, lifecycle stage."""
