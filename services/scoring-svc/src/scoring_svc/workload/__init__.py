"""How many warnings one owner may have at a time, as the company sets it."""
