"""Answering 作答: the page that a customer opens, and what they answered."""
