"""The registry of fitted models: which one speaks, and how well it was found to speak."""
