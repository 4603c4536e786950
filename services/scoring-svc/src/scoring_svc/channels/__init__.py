"""Channels 渠道分析: how customers buy by each, compared with the time before."""
