"""Staff as far as they are known here: where somebody works, as what, and whether still."""
