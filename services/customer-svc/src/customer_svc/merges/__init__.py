"""Two customers that are one: merged field by field, and taken apart again with all that is each one's own."""
