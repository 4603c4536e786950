"""The keys that sign: one kind for staff's access tokens, one for the internal token."""
