"""The score of every customer: tier, value, churn risk and stage, with history and events."""
