"""Standing 客户结构: how customers are spread over tiers, stages and risks, and how that moved."""
