"""Under which names the channels know a customer."""
