"""Policy simulations: what a policy would make of every customer, on one frozen state of all facts."""
