"""Two customers that are one: merged field by field, and taken apart again with what is each one's own."""
