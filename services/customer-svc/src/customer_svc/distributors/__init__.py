"""The archive of distributors, the partner firms through which customers are reached."""
