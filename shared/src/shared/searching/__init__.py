"""Finding texts by what stands in them, in Chinese too: one way of writing, pieces, keyed hashes (ADR 13)."""
