"""A test of a sender or a template: sent at once, to whoever asks or whom they name, and noted in the log."""
