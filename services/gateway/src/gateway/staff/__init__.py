"""Staff accounts: the people of the company who may sign in."""
