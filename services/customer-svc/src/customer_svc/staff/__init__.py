"""Staff as far as the archive needs to know them: in which org unit somebody works."""
