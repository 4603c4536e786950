"""Sending what is due: each webhook is one lane, held by one worker at a time, and no lane delays another."""
