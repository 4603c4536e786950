"""Rules by which a new complaint finds its owner."""
