"""Making names, numbers and addresses comparable, as pure functions on plain values."""
