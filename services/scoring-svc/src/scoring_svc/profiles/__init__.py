"""What kind of customer each one is: the attributes that segments are made of; no personal data."""
