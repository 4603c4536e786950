"""Files that bring customers and orders: read in a stream, judged row by row, stored by the thousand."""
