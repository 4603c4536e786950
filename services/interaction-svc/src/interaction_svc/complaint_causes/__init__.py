"""Causes of complaints 投诉原因分析: what is complained of most, and what became of it."""
