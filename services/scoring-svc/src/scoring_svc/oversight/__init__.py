"""What people have to say about automatic decisions: looking at them, overturning them, objecting to them."""
