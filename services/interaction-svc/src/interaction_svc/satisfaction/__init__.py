"""Satisfaction 满意度: what the answers of all customers together say."""
