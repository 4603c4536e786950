"""The company's own fields of customers and contacts: what they are called, hold and demand."""
