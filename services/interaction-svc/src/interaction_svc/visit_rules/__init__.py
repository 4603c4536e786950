"""The rule of which customers somebody of a senior role joins on a visit, and how often."""
