"""How far somebody reaches: the trees of distributors and of org units, as customer-svc tells of them."""
