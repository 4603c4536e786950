"""Forms by which customers complain themselves: a link to a page, and what was sent from it."""
