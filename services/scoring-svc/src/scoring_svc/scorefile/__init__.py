"""Scoring from files 按文件评分: a folder of logs in, a prediction for each customer out; no database."""
