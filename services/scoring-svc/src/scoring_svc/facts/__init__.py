"""What the other services tell of customers: orders, contacts, complaints, answers and promises."""
