"""Staff as far as they are known here: in which org unit somebody works, and whether still."""
