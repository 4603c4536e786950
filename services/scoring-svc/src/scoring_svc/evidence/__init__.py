"""The records that reasons rest on: looked up where a score is stored, a few for each reason."""
