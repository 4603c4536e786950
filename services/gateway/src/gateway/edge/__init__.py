"""The one decision at the door: who asks, for which service, with which internal token."""
