"""The one door: sign-in, the check at the edge, documentation, the customer profile."""
