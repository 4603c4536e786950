"""What colleagues tell each other about a complaint, never the customer or a partner; and who follows it."""
