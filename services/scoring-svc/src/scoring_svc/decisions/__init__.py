"""Records of automatic decisions: what was decided about a customer, by what, from what."""
