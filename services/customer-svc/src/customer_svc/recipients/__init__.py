"""What services ask of customers for themselves: how to reach them, whose birthday it is, their tags."""
