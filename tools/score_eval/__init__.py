"""`make score-eval`: what the scoring model reaches on logs it has not seen, beside simpler methods."""
