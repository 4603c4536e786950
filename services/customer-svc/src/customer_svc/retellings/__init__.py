"""Telling the other services everything anew: what they did not listen to when it happened."""
