"""How much anybody may ask: plans, how each credential and address stands, and guesses at credentials."""
