"""`make score-eval`: what the scoring model reaches on logs that it has not seen, beside the honest baselines."""
