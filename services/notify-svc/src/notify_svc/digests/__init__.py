"""How people want to be told of what is due: each at once, or once a workday all together."""
