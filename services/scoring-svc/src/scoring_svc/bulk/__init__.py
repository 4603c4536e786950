"""Scoring in bulk 批量评分: features of whole logs by one query on DuckDB or Spark, in bounded memory.

Nothing of this is loaded before a base is large enough to need it: importing it takes half a second.
"""
