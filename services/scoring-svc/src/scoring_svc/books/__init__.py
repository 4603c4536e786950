"""Books 账本: each customer's orders by columns, so that a report of a million orders is read in one go."""
