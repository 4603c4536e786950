"""What is recommended for which reason, tier or stage: the defaults, and what the company made of them."""
