"""One box that finds customers by whatever somebody remembers of them."""
