"""The unit of time of all the numerics is the week; these are the windows that features look back over."""

DAYS = 7.0
MONTH, TWO_MONTHS, QUARTER, HALF_YEAR, YEAR = 4, 8, 13, 26, 52
