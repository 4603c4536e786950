"""Where each customer stands, as the other services tell it: codes, counts and moments, no personal data."""
