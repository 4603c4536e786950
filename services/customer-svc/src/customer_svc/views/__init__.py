"""Lists as somebody wants to see them again: filters, order and columns under a name."""
