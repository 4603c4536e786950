"""Files that leave: what a caller sees of customers, orders, contacts or distributors, kept for a week."""
