"""Behaviour 行为分析: how often, how much, by what, of what and when customers buy; all of them, or one."""
