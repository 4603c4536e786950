"""What is known to have happened: orders, contacts and complaints, as told by the other services."""
