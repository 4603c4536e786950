"""The register of channels: the ways in which customers are reached and data arrives."""
