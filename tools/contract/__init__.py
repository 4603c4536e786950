"""The contract as files: what the code promises, what it promised before, and whether that still holds."""
