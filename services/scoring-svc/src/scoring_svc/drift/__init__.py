"""Drift: whether what is seen still is what the speaking model was learnt on, and whether it comes true."""
