"""What is kept of each customer so that one more event, or one more day, needs no look at the log."""
