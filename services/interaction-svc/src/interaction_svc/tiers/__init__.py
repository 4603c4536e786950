"""The tier of each customer, as scoring tells it: who is served by which level, and visited by whom."""
